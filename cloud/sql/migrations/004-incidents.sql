-- Incidents, as the Function writes them: one row each, brought up to date. Safe to run again.
IF OBJECT_ID(N'dbo.incidents', N'U') IS NULL
BEGIN
    CREATE TABLE dbo.incidents (
        id nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
        site nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
        kind nvarchar(20) NOT NULL,
        openedAt datetime2(3) NOT NULL,
        updatedAt datetime2(3) NOT NULL,
        resolvedAt datetime2(3) NULL,
        acknowledgedAt datetime2(3) NULL,
        acknowledgedBy nvarchar(256) NULL,
        anomalies int NOT NULL,
        meters int NOT NULL,
        mails int NOT NULL,
        CONSTRAINT pk_incidents PRIMARY KEY CLUSTERED (id)
    );
END;

IF NOT EXISTS (
    SELECT 1 FROM sys.indexes
    WHERE object_id = OBJECT_ID(N'dbo.incidents', N'U') AND name = N'ix_incidents_of_site'
)
BEGIN
    CREATE NONCLUSTERED INDEX ix_incidents_of_site ON dbo.incidents (site, openedAt DESC);
END;
