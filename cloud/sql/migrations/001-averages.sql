-- Averages per meter and five minutes, as the hot path's job writes them. Safe to run again.
--
-- A late reading makes a gateway say an average again, with the next revision. Stream Analytics
-- leaves out rows that violate a unique key, so the revision belongs to the key: without it every
-- correction would be lost.
--
-- IGNORE_DUP_KEY: a job repeats its last rows after a restart. The index then leaves out what it has
-- and takes the rest of the batch in one go; without it the batch fails, and the job halves it again
-- and again until it has found each repeated row.
--
-- Device ids differ by upper and lower case, the database's collation does not: hence _BIN2.
IF OBJECT_ID(N'dbo.averages', N'U') IS NULL
BEGIN
    CREATE TABLE dbo.averages (
        id nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
        gateway nvarchar(128) COLLATE Latin1_General_100_BIN2 NULL,
        windowStart datetime2(3) NOT NULL,
        windowEnd datetime2(3) NOT NULL,
        average float NOT NULL,
        minimum float NOT NULL,
        maximum float NOT NULL,
        [count] int NOT NULL,
        expectedCount int NULL,
        revision int NOT NULL,
        delaySeconds bigint NULL,
        CONSTRAINT pk_averages PRIMARY KEY CLUSTERED (windowEnd, id, revision)
        WITH (IGNORE_DUP_KEY = ON)
    );
END;

IF NOT EXISTS (
    SELECT 1 FROM sys.indexes
    WHERE object_id = OBJECT_ID(N'dbo.averages', N'U') AND name = N'ix_averages_of_meter'
)
BEGIN
    CREATE NONCLUSTERED INDEX ix_averages_of_meter ON dbo.averages (id, windowEnd DESC);
END;
