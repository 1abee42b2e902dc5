-- The batch is done: its files count as taken in. A run that ended before this takes them in again,
-- which changes nothing twice.
MERGE INTO archive_files AS t
USING (
    SELECT
        f.file,
        f.size,
        f.modified,
        count(b.file) AS records
    FROM batch_files AS f
    LEFT JOIN batch_rows AS b ON f.file = b.file
    GROUP BY f.file, f.size, f.modified
) AS s
    ON t.file = s.file
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;

DROP TABLE batch_rows;
DROP TABLE batch_long_records;
DROP TABLE batch_headers;
