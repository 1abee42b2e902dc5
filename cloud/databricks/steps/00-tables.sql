-- The tables, where they are missing.
--
-- Instants are UTC. Temperatures are degrees Fahrenheit. A period begins at period_start and ends
-- before the next one begins; weeks begin on Monday. total is the exact sum behind an average.

-- Bronze: the lines of the archive as they are; bytes instead of text where a line is not UTF-8.
CREATE TABLE IF NOT EXISTS archive_lines (
    file STRING NOT NULL,
    line BIGINT NOT NULL,
    text STRING,
    bytes STRING
);

-- Which files have been taken in, as they were then, and how many records they held.
CREATE TABLE IF NOT EXISTS archive_files (
    file STRING NOT NULL,
    size BIGINT NOT NULL,
    modified TIMESTAMP NOT NULL,
    records BIGINT NOT NULL
);

-- Every reading once; file and line say where it was found first.
CREATE TABLE IF NOT EXISTS readings (
    id STRING NOT NULL,
    seq BIGINT,
    time TIMESTAMP NOT NULL,
    temp DOUBLE NOT NULL,
    gateway STRING,
    file STRING NOT NULL,
    line BIGINT NOT NULL
);

-- What is no reading, and why.
CREATE TABLE IF NOT EXISTS rejects (
    file STRING NOT NULL,
    line BIGINT NOT NULL,
    reason STRING NOT NULL,
    text STRING NOT NULL
);

CREATE TABLE IF NOT EXISTS hourly (
    id STRING NOT NULL,
    period_start TIMESTAMP NOT NULL,
    count BIGINT NOT NULL,
    minimum DOUBLE NOT NULL,
    average DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total DECIMAL(38, 12) NOT NULL
);

CREATE TABLE IF NOT EXISTS daily (
    id STRING NOT NULL,
    period_start TIMESTAMP NOT NULL,
    count BIGINT NOT NULL,
    minimum DOUBLE NOT NULL,
    average DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total DECIMAL(38, 12) NOT NULL
);

CREATE TABLE IF NOT EXISTS weekly (
    id STRING NOT NULL,
    period_start TIMESTAMP NOT NULL,
    count BIGINT NOT NULL,
    minimum DOUBLE NOT NULL,
    average DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total DECIMAL(38, 12) NOT NULL
);

CREATE TABLE IF NOT EXISTS monthly (
    id STRING NOT NULL,
    period_start TIMESTAMP NOT NULL,
    count BIGINT NOT NULL,
    minimum DOUBLE NOT NULL,
    average DOUBLE NOT NULL,
    maximum DOUBLE NOT NULL,
    total DECIMAL(38, 12) NOT NULL
);

CREATE TABLE IF NOT EXISTS device_summary (
    id STRING NOT NULL,
    count BIGINT NOT NULL,
    average DOUBLE NOT NULL
);
