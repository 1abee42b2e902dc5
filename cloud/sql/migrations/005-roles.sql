-- What each service may do, and no more. users.sql makes the services members. Safe to run again.
IF DATABASE_PRINCIPAL_ID(N'telemetry_writer') IS NULL
BEGIN
    CREATE ROLE telemetry_writer;
END;

IF DATABASE_PRINCIPAL_ID(N'telemetry_reader') IS NULL
BEGIN
    CREATE ROLE telemetry_reader;
END;

IF DATABASE_PRINCIPAL_ID(N'incident_writer') IS NULL
BEGIN
    CREATE ROLE incident_writer;
END;
GO

-- Stream Analytics looks at a table before it writes, so it also reads.
GRANT SELECT, INSERT ON dbo.averages TO telemetry_writer;
GRANT SELECT, INSERT ON dbo.anomalies TO telemetry_writer;

GRANT SELECT ON dbo.averages TO telemetry_reader;
GRANT SELECT ON dbo.averages_latest TO telemetry_reader;
GRANT SELECT ON dbo.anomalies TO telemetry_reader;
GRANT SELECT ON dbo.incidents TO telemetry_reader;

GRANT SELECT, INSERT, UPDATE ON dbo.incidents TO incident_writer;
