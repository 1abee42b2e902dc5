-- Makes one managed identity a user of the database, and a member of one role. Safe to run again.
--
-- Run by a Microsoft Entra administrator of the server, once for each service, with the variables
-- user (the identity's name: a job, a web app or a Function app is called what its resource is
-- called) and role (telemetry_writer, telemetry_reader or incident_writer):
--   sqlcmd -S SERVER -d smart-meters -G -i users.sql -v user="hot-path" role="telemetry_writer"
-- `npm run sql -- users` does the same.
IF DATABASE_PRINCIPAL_ID(N'$(user)') IS NULL
BEGIN
    CREATE USER [$(user)] FROM EXTERNAL PROVIDER;
END;
GO

ALTER ROLE [$(role)] ADD MEMBER [$(user)];
