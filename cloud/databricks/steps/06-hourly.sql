-- Minimum, mean and maximum per meter and hour: anew for the hours that the batch touches.
-- Readings are only ever added, so that a period which has changed has another count.
MERGE INTO hourly AS t
USING (
    WITH touched AS (
        SELECT DISTINCT
            id,
            date_trunc('hour', time) AS period_start
        FROM batch_rows
        WHERE reason IS NULL
    ),

    summed AS (
        SELECT
            r.id,
            date_trunc('hour', r.time) AS period_start,
            count(*) AS count,
            min(r.temp) AS minimum,
            max(r.temp) AS maximum,
            sum(exact(r.temp)) AS total
        FROM readings AS r
        INNER JOIN touched ON r.id = touched.id AND date_trunc('hour', r.time) = touched.period_start
        GROUP BY r.id, date_trunc('hour', r.time)
    )

    SELECT
        id,
        period_start,
        count,
        minimum,
        -- By way of its digits, which every engine reads as the same number.
        CAST(CAST(total AS STRING) AS DOUBLE) / count AS average,
        maximum,
        total
    FROM summed
) AS s
    ON t.id = s.id AND t.period_start = s.period_start
WHEN MATCHED AND t.count <> s.count THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
