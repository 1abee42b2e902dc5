-- What DuckDB calls otherwise than Spark. dialects/spark.sql defines the same names.
--
-- Before the steps: read_files(file, content), the bytes of the batch's files.

-- A text that marks its first line as UTF-8, without the mark.
CREATE OR REPLACE TEMPORARY MACRO without_mark(text) AS
    CASE WHEN ascii(text) = 65279 THEN substr(text, 2) ELSE text END;

CREATE OR REPLACE TEMPORARY MACRO matches(text, pattern) AS
    regexp_matches(text, pattern);

-- How many elements a list has.
CREATE OR REPLACE TEMPORARY MACRO list_size(list) AS
    len(list);

-- The element at a place from 1 on; NULL for place NULL and behind the end.
CREATE OR REPLACE TEMPORARY MACRO element(list, place) AS
    list_extract(list, place);

-- Lines of one record, together again.
CREATE OR REPLACE TEMPORARY MACRO with_line_ends(list) AS
    array_to_string(list, chr(10));

-- Whether the quotes of a record are those of RFC 4180.
CREATE OR REPLACE TEMPORARY MACRO is_well_quoted(text) AS
    strpos(text, '"') = 0
    OR regexp_replace(concat(',', text), ',("[^"]*(?:""[^"]*)*"|[^",]*)', '', 'g') = '';

-- The fields of a well quoted record.
CREATE OR REPLACE TEMPORARY MACRO csv_fields(text) AS
    CASE
        WHEN strpos(text, '"') = 0 THEN string_split(text, ',')
        ELSE list_transform(
            regexp_extract_all(concat(',', text), ',("[^"]*(?:""[^"]*)*"|[^",]*)', 1),
            LAMBDA field: CASE
                WHEN starts_with(field, '"')
                    THEN replace(substr(field, 2, length(field) - 2), '""', '"')
                ELSE field
            END
        )
    END;

-- An instant in ISO 8601 as a TIMESTAMP in UTC; digits beyond microseconds are cut off.
CREATE OR REPLACE TEMPORARY MACRO to_instant(text) AS
    CAST(TRY_CAST(text AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP);

-- A temperature with the digits it is written with, so that sums do not depend on their order.
-- DuckDB reads digits that fit into 64 bits fifty times as fast.
CREATE OR REPLACE TEMPORARY MACRO exact(temp) AS
    CASE
        WHEN abs(temp) < 1e5
            THEN CAST(CAST(CAST(temp AS VARCHAR) AS DECIMAL(18, 12)) AS DECIMAL(28, 12))
        ELSE CAST(CAST(temp AS VARCHAR) AS DECIMAL(28, 12))
    END;

-- The lines of the batch as the files hold them, numbered from 1; bytes, in hexadecimal, instead of
-- text where a line is not UTF-8. Line ends are LF; the CR of a CRLF stays.
CREATE OR REPLACE TEMPORARY VIEW batch_lines AS
WITH
decoded AS (
    SELECT
        file,
        content,
        try(decode(content)) AS text
    FROM read_files
),

pieces AS (
    SELECT
        file,
        string_split(text, chr(10)) AS texts,
        NULL AS hexes
    FROM decoded
    WHERE text IS NOT NULL
    UNION ALL
    SELECT
        file,
        NULL AS texts,
        string_split(regexp_replace(hex(content), '(..)', '\1 ', 'g'), '0A ') AS hexes
    FROM decoded
    WHERE text IS NULL
),

numbered AS (
    SELECT
        file,
        greatest(len(texts), len(hexes)) AS lines,
        unnest(range(1, greatest(len(texts), len(hexes)) + 1)) AS line,
        unnest(texts) AS text,
        replace(unnest(hexes), ' ', '') AS bytes
    FROM pieces
),

lines AS (
    SELECT
        file,
        lines,
        line,
        coalesce(text, try(decode(unhex(bytes)))) AS text,
        bytes
    FROM numbered
)

SELECT
    file,
    line,
    text,
    CASE WHEN text IS NULL THEN bytes END AS bytes
FROM lines
-- Nothing follows the last line end.
WHERE line < lines OR text IS NULL OR text <> '';
