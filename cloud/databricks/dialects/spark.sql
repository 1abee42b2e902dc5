-- What Spark calls otherwise than DuckDB. dialects/duckdb.sql defines the same names.
--
-- Before the steps: read_lines(file, value, block_start, place), the lines of the batch's files in
-- the parts that Spark reads them in: place grows within the part that begins at block_start.

-- A text that marks its first line as UTF-8, without the mark.
CREATE OR REPLACE TEMPORARY FUNCTION without_mark(text STRING) RETURNS STRING
RETURN CASE WHEN ascii(text) = 65279 THEN substr(text, 2) ELSE text END;

CREATE OR REPLACE TEMPORARY FUNCTION matches(text STRING, pattern STRING) RETURNS BOOLEAN
RETURN regexp_like(text, pattern);

-- How many elements a list has.
CREATE OR REPLACE TEMPORARY FUNCTION list_size(list ARRAY<STRING>) RETURNS INT
RETURN array_size(list);

-- The element at a place from 1 on; NULL for place NULL and behind the end.
CREATE OR REPLACE TEMPORARY FUNCTION element(list ARRAY<STRING>, place BIGINT) RETURNS STRING
RETURN get(list, CAST(place AS INT) - 1);

-- Lines of one record, together again.
CREATE OR REPLACE TEMPORARY FUNCTION with_line_ends(list ARRAY<STRING>) RETURNS STRING
RETURN array_join(list, chr(10));

-- Whether the quotes of a record are those of RFC 4180.
CREATE OR REPLACE TEMPORARY FUNCTION is_well_quoted(text STRING) RETURNS BOOLEAN
RETURN
    instr(text, '"') = 0
    OR regexp_replace(concat(',', text), ',("[^"]*(?:""[^"]*)*"|[^",]*)', '') = '';

-- The fields of a well quoted record.
CREATE OR REPLACE TEMPORARY FUNCTION csv_fields(text STRING) RETURNS ARRAY<STRING>
RETURN
    CASE
        WHEN instr(text, '"') = 0 THEN split(text, ',')
        ELSE transform(
            regexp_extract_all(concat(',', text), ',("[^"]*(?:""[^"]*)*"|[^",]*)', 1),
            field -> CASE
                WHEN startswith(field, '"')
                    THEN replace(substr(field, 2, length(field) - 2), '""', '"')
                ELSE field
            END
        )
    END;

-- An instant in ISO 8601; digits beyond microseconds are cut off.
CREATE OR REPLACE TEMPORARY FUNCTION to_instant(text STRING) RETURNS TIMESTAMP
RETURN TRY_CAST(text AS TIMESTAMP);

-- A temperature with the digits it is written with, so that sums do not depend on their order.
CREATE OR REPLACE TEMPORARY FUNCTION exact(temp DOUBLE) RETURNS DECIMAL(28, 12)
RETURN CAST(temp AS DECIMAL(28, 12));

-- The lines of the batch as the files hold them, numbered from 1; bytes, in hexadecimal, instead of
-- text where a line is not UTF-8. Line ends are LF; the CR of a CRLF stays.
CREATE OR REPLACE TEMPORARY VIEW batch_lines AS
SELECT
    file,
    row_number() OVER (PARTITION BY file ORDER BY block_start, place) AS line,
    CASE WHEN is_valid_utf8(value) THEN value END AS text,
    CASE WHEN NOT is_valid_utf8(value) THEN hex(value) END AS bytes
FROM read_lines;
