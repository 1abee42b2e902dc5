-- Lines to records to typed columns, or to the reason why a record is no reading.
--
-- Invariants:
-- - each line of a file is its header, blank, or part of exactly one record;
-- - a line with quotes that do not match takes no other line with it.
--
-- A quoted field may hold line ends (RFC 4180), so a line with an odd number of quotes may begin a
-- record that ends at the next such line. It does, if the two and what lies between them are one
-- well quoted record with as many fields as the header, and nothing between is such a record by
-- itself. Otherwise the line is a record of its own, and rejected.
--
-- What several statements need is a table while the batch lasts, so that it is computed once.

CREATE OR REPLACE TEMPORARY VIEW lines_of_batch AS
SELECT
    a.file,
    a.line,
    a.bytes,
    -- Without the CR of its line end; the header below needs no such care inside a record.
    CASE
        WHEN right(a.text, 1) = chr(13) THEN left(a.text, length(a.text) - 1)
        ELSE a.text
    END AS text,
    a.text AS raw_text,
    coalesce(length(a.text) - length(replace(a.text, '"', '')), 0) % 2 AS odd
FROM archive_lines AS a
INNER JOIN batch_files AS b ON a.file = b.file;

-- Where the columns are: the first line that is not blank names them, in any order and case.
CREATE OR REPLACE TABLE batch_headers AS
WITH
first_lines AS (
    SELECT
        file,
        min(line) AS line
    FROM lines_of_batch
    WHERE text IS NULL OR text <> ''
    GROUP BY file
),

named AS (
    SELECT
        l.file,
        l.line,
        CASE
            WHEN length(l.text) <= 4096 AND is_well_quoted(without_mark(l.text))
                THEN csv_fields(lower(without_mark(l.text)))
        END AS names
    FROM lines_of_batch AS l
    INNER JOIN first_lines AS f ON l.file = f.file AND l.line = f.line
),

found AS (
    SELECT
        file,
        line,
        list_size(names) AS columns,
        nullif(array_position(names, 'id'), 0) AS id_at,
        nullif(array_position(names, 'time'), 0) AS time_at,
        nullif(array_position(names, 'temp'), 0) AS temp_at,
        nullif(array_position(names, 'seq'), 0) AS seq_at,
        nullif(array_position(names, 'gateway'), 0) AS gateway_at
    FROM named
)

SELECT
    file,
    line,
    columns,
    id_at,
    time_at,
    temp_at,
    seq_at,
    gateway_at,
    (id_at IS NOT NULL AND time_at IS NOT NULL AND temp_at IS NOT NULL) AS is_usable
FROM found;

-- Records over several lines: their first line, their last, and their text.
CREATE OR REPLACE TABLE batch_long_records AS
WITH
-- Only lines of files with an odd line matter; usually there are none. A record has 300 lines at
-- most, so that a stray quote costs no more than that.
counted AS (
    SELECT
        l.file,
        l.line,
        l.text,
        l.raw_text,
        l.odd,
        h.columns,
        sum(l.odd) OVER (PARTITION BY l.file ORDER BY l.line) AS odd_before
    FROM lines_of_batch AS l
    INNER JOIN batch_headers AS h ON l.file = h.file
    WHERE
        l.line > h.line
        AND l.file IN (SELECT o.file FROM lines_of_batch AS o WHERE o.odd = 1)
),

placed AS (
    SELECT
        *,
        line - min(line) OVER (PARTITION BY file, odd_before) AS place
    FROM counted
    WHERE odd_before > 0
),

gathered AS (
    SELECT
        file,
        line,
        text,
        odd,
        columns,
        odd_before,
        array_agg(coalesce(raw_text, '')) OVER (
            PARTITION BY file, odd_before ORDER BY line
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS texts,
        max(CASE
            WHEN text IS NULL THEN 1
            WHEN odd = 1 OR length(text) > 4096 THEN 0
            WHEN is_well_quoted(text) AND list_size(csv_fields(text)) = columns THEN 1
            ELSE 0
        END) OVER (PARTITION BY file, odd_before) AS holds_record
    FROM placed
    WHERE place < 300
),

pairs AS (
    SELECT
        file,
        line,
        columns,
        holds_record,
        odd_before,
        lead(line) OVER (PARTITION BY file ORDER BY line) AS last_line,
        concat(with_line_ends(texts), chr(10), lead(text) OVER (PARTITION BY file ORDER BY line))
            AS text
    FROM gathered
    WHERE odd = 1
),

judged AS (
    SELECT
        file,
        line,
        last_line,
        text,
        CASE
            WHEN last_line IS NULL OR holds_record = 1 OR last_line - line >= 300 THEN 0
            WHEN length(text) > 4096 THEN 0
            WHEN is_well_quoted(text) AND list_size(csv_fields(text)) = columns THEN 1
            ELSE 0
        END AS can_be
    FROM pairs
),

-- A line that ends a record begins none: of a run of pairs, every other one counts.
runs AS (
    SELECT
        *,
        sum(1 - can_be) OVER (PARTITION BY file ORDER BY line) AS run
    FROM judged
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY file, run ORDER BY line)
        - CASE WHEN run > 0 THEN 1 ELSE 0 END AS place_in_run
    FROM runs
)

SELECT
    file,
    line,
    last_line,
    text
FROM ranked
WHERE can_be = 1 AND place_in_run % 2 = 1;

-- One row for each record, and for each header that is none.
CREATE OR REPLACE TEMPORARY VIEW records AS
WITH
covered AS (
    SELECT
        l.file,
        l.line,
        l.bytes,
        r.line AS own_line,
        coalesce(r.text, l.text) AS text,
        max(r.last_line) OVER (PARTITION BY l.file ORDER BY l.line) AS covered_to
    FROM lines_of_batch AS l
    LEFT JOIN batch_long_records AS r ON l.file = r.file AND l.line = r.line
    WHERE l.file IN (SELECT f.file FROM batch_long_records AS f)
),

separate AS (
    SELECT
        file,
        line,
        bytes,
        text
    FROM covered
    WHERE own_line IS NOT NULL OR covered_to IS NULL OR line > covered_to
    UNION ALL
    SELECT
        l.file,
        l.line,
        l.bytes,
        l.text
    FROM lines_of_batch AS l
    WHERE NOT EXISTS (SELECT 1 FROM batch_long_records AS f WHERE f.file = l.file)
)

SELECT
    s.file,
    s.line,
    s.bytes,
    s.text,
    h.line AS header_line,
    h.is_usable,
    h.columns,
    h.id_at,
    h.time_at,
    h.temp_at,
    h.seq_at,
    h.gateway_at,
    CASE WHEN length(s.text) <= 4096 AND is_well_quoted(s.text) THEN csv_fields(s.text) END
        AS fields
FROM separate AS s
INNER JOIN batch_headers AS h ON s.file = h.file
WHERE (s.text IS NULL OR s.text <> '') AND (s.line > h.line OR NOT h.is_usable);

-- The records of the batch, typed. reason is NULL for a reading, and only for a reading.
CREATE OR REPLACE TABLE batch_rows AS
WITH
strings AS (
    SELECT
        file,
        line,
        bytes,
        text,
        header_line,
        is_usable,
        columns,
        fields,
        element(fields, id_at) AS id,
        element(fields, time_at) AS time_text,
        element(fields, temp_at) AS temp_text,
        nullif(element(fields, seq_at), '') AS seq_text,
        nullif(element(fields, gateway_at), '') AS gateway
    FROM records
),

typed AS (
    SELECT
        *,
        CASE
            WHEN
                length(time_text) <= 40
                AND matches(
                    time_text,
                    concat(
                        '^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]',
                        '(:[0-5][0-9]([.][0-9]+)?)?(Z|[+-](0[0-9]|1[0-7]):[0-5][0-9])$'
                    )
                )
                THEN to_instant(time_text)
        END AS time,
        CASE
            WHEN
                length(temp_text) <= 40
                AND matches(
                    temp_text, '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
                )
                -- A zero without its sign, because it is equal to the other one.
                THEN TRY_CAST(temp_text AS DOUBLE) + CAST(0 AS DOUBLE)
        END AS temp,
        CASE
            WHEN matches(seq_text, '^[0-9]{1,16}$') THEN CAST(seq_text AS BIGINT)
        END AS seq
    FROM strings
)

SELECT
    file,
    line,
    coalesce(text, bytes) AS text,
    id,
    seq,
    time,
    temp,
    gateway,
    CASE
        WHEN text IS NULL THEN 'not UTF-8; the text is its bytes in hexadecimal'
        WHEN NOT is_usable AND line = header_line
            THEN 'not a header that names id, time and temp'
        WHEN NOT is_usable THEN 'its file has no header that names id, time and temp'
        WHEN length(text) > 4096 THEN 'longer than 4096 characters'
        WHEN fields IS NULL THEN 'quotes that do not match'
        WHEN list_size(fields) < columns THEN 'fewer columns than the header'
        WHEN list_size(fields) > columns THEN 'more columns than the header'
        WHEN id = '' THEN 'id is empty'
        WHEN length(id) > 128 THEN 'id is longer than 128 characters'
        WHEN time IS NULL THEN 'time is not an instant of ISO 8601 with Z or an offset'
        WHEN temp IS NULL THEN 'temp is not a number'
        WHEN abs(temp) > 1e12 THEN 'temp is beyond 10^12 degrees'
        WHEN seq_text IS NOT NULL AND seq IS NULL THEN 'seq is not a whole number'
        WHEN seq >= 9007199254740991 THEN 'seq is beyond what a double counts'
    END AS reason
FROM typed;
