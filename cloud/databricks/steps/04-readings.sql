-- Adds what is not there yet. A reading that is there is left as it is, so that a repeated or a
-- re-read file changes nothing.
MERGE INTO readings AS t
USING batch_readings AS s
    ON
        t.id = s.id
        AND t.seq IS NOT DISTINCT FROM s.seq
        AND (CASE WHEN t.seq IS NULL THEN t.time END)
        IS NOT DISTINCT FROM (CASE WHEN s.seq IS NULL THEN s.time END)
        AND (CASE WHEN t.seq IS NULL THEN t.temp END)
        IS NOT DISTINCT FROM (CASE WHEN s.seq IS NULL THEN s.temp END)
WHEN NOT MATCHED THEN INSERT *;
