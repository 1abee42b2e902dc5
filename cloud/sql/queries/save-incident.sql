-- Writes an incident, or brings it up to date; an older state never replaces a newer one.
MERGE INTO dbo.incidents WITH (HOLDLOCK) AS known
USING (
    VALUES (
        @id, @site, @kind, @openedAt, @updatedAt, @resolvedAt, @acknowledgedAt, @acknowledgedBy,
        @anomalies, @meters, @mails
    )
) AS given(
    id, site, kind, openedAt, updatedAt, resolvedAt, acknowledgedAt, acknowledgedBy, anomalies,
    meters, mails
)
    ON known.id = given.id
WHEN MATCHED AND given.updatedAt >= known.updatedAt THEN
    UPDATE SET
        updatedAt = given.updatedAt,
        resolvedAt = given.resolvedAt,
        acknowledgedAt = given.acknowledgedAt,
        acknowledgedBy = given.acknowledgedBy,
        anomalies = given.anomalies,
        meters = given.meters,
        mails = given.mails
WHEN NOT MATCHED THEN
    INSERT (
        id, site, kind, openedAt, updatedAt, resolvedAt, acknowledgedAt, acknowledgedBy, anomalies,
        meters, mails
    )
    VALUES (
        given.id, given.site, given.kind, given.openedAt, given.updatedAt, given.resolvedAt,
        given.acknowledgedAt, given.acknowledgedBy, given.anomalies, given.meters, given.mails
    );
