-- Bronze: the lines of the batch's files, in place of those that an earlier run found in them. A
-- blob grows while its hour lasts, so that a file may come again.
--
-- Reads batch_files(file, size, modified), the files to take in, and batch_lines, what they hold.
MERGE INTO archive_lines AS t
USING batch_files AS s
    ON t.file = s.file
WHEN MATCHED THEN DELETE;

INSERT INTO archive_lines
SELECT
    file,
    line,
    text,
    bytes
FROM batch_lines;
