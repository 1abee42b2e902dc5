-- The readings of the batch, each once.
--
-- Two records are the same reading when id and seq agree; of meters that send no seq, when id, time
-- and temp do. Time alone does not identify: clocks are set back.
CREATE OR REPLACE TEMPORARY VIEW batch_readings AS
WITH ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY
                id,
                seq,
                CASE WHEN seq IS NULL THEN time END,
                CASE WHEN seq IS NULL THEN temp END
            ORDER BY file, line
        ) AS place
    FROM batch_rows
    WHERE reason IS NULL
)

SELECT
    id,
    seq,
    time,
    temp,
    gateway,
    file,
    line
FROM ranked
WHERE place = 1;
