-- What readers want of the averages: of each window the highest revision. Safe to run again.
CREATE OR ALTER VIEW dbo.averages_latest
AS
SELECT
    ranked.id,
    ranked.gateway,
    ranked.windowStart,
    ranked.windowEnd,
    ranked.average,
    ranked.minimum,
    ranked.maximum,
    ranked.[count],
    ranked.expectedCount,
    ranked.revision,
    ranked.delaySeconds
FROM (
    SELECT
        id,
        gateway,
        windowStart,
        windowEnd,
        average,
        minimum,
        maximum,
        [count],
        expectedCount,
        revision,
        delaySeconds,
        ROW_NUMBER() OVER (PARTITION BY windowEnd, id ORDER BY revision DESC) AS place
    FROM dbo.averages
) AS ranked
WHERE ranked.place = 1;
