-- Count and average of each meter that the batch touches, from its months.
MERGE INTO device_summary AS t
USING (
    WITH summed AS (
        SELECT
            id,
            CAST(sum(count) AS BIGINT) AS count,
            sum(total) AS total
        FROM monthly
        WHERE id IN (SELECT b.id FROM batch_rows AS b WHERE b.reason IS NULL)
        GROUP BY id
    )

    SELECT
        id,
        count,
        CAST(CAST(total AS STRING) AS DOUBLE) / count AS average
    FROM summed
) AS s
    ON t.id = s.id
WHEN MATCHED AND t.count <> s.count THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
