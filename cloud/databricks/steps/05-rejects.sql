-- What is no reading, in place of what an earlier run found in the same files.
--
-- Also a record with the id and seq of a reading that says something else: it is no repeat, and one
-- of the two is wrong. The one that came first is the reading.
MERGE INTO rejects AS t
USING batch_files AS s
    ON t.file = s.file
WHEN MATCHED THEN DELETE;

INSERT INTO rejects
SELECT
    file,
    line,
    reason,
    text
FROM batch_rows
WHERE reason IS NOT NULL
UNION ALL
SELECT
    b.file,
    b.line,
    'another reading has this id and seq' AS reason,
    b.text
FROM batch_rows AS b
INNER JOIN readings AS r ON b.id = r.id AND b.seq = r.seq
WHERE b.reason IS NULL AND (b.time <> r.time OR b.temp <> r.temp);
