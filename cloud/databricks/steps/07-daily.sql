-- Minimum, mean and maximum per meter and day: anew for the days that the batch touches, from the
-- hours in them. Totals are exact, so this is the same as from the readings.
MERGE INTO daily AS t
USING (
    WITH touched AS (
        SELECT DISTINCT
            id,
            date_trunc('day', time) AS period_start
        FROM batch_rows
        WHERE reason IS NULL
    ),

    summed AS (
        SELECT
            p.id,
            touched.period_start,
            CAST(sum(p.count) AS BIGINT) AS count,
            min(p.minimum) AS minimum,
            max(p.maximum) AS maximum,
            sum(p.total) AS total
        FROM hourly AS p
        INNER JOIN touched
            ON p.id = touched.id AND date_trunc('day', p.period_start) = touched.period_start
        GROUP BY p.id, touched.period_start
    )

    SELECT
        id,
        period_start,
        count,
        minimum,
        CAST(CAST(total AS STRING) AS DOUBLE) / count AS average,
        maximum,
        total
    FROM summed
) AS s
    ON t.id = s.id AND t.period_start = s.period_start
WHEN MATCHED AND t.count <> s.count THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
