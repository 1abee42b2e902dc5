-- Anomalies, as the alerts job writes them. Safe to run again.
--
-- The key is the identity of the reading that stood out: meter, time, and sequence number; a meter
-- that sends no number has the value instead. A repeated anomaly agrees in all of them.
-- IGNORE_DUP_KEY and _BIN2: see 001-averages.sql.
IF OBJECT_ID(N'dbo.anomalies', N'U') IS NULL
BEGIN
    CREATE TABLE dbo.anomalies (
        id nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
        gateway nvarchar(128) COLLATE Latin1_General_100_BIN2 NULL,
        [time] datetime2(3) NOT NULL,
        seq bigint NULL,
        temp float NOT NULL,
        direction nvarchar(5) NOT NULL,
        score float NOT NULL,
        confidence float NOT NULL,
        historySize int NOT NULL,
        usual float NULL,
        delaySeconds bigint NULL
    );
END;

IF NOT EXISTS (
    SELECT 1 FROM sys.indexes
    WHERE object_id = OBJECT_ID(N'dbo.anomalies', N'U') AND name = N'ux_anomalies'
)
BEGIN
    CREATE UNIQUE CLUSTERED INDEX ux_anomalies ON dbo.anomalies ([time], id, seq, temp)
    WITH (IGNORE_DUP_KEY = ON);
END;
