-- How much of what a meter should have sent since @since is in its averages, the poorest first.
SELECT
    id,
    COUNT(*) AS windowCount,
    SUM([count]) AS readings,
    SUM(expectedCount) AS expectedReadings,
    MAX(revision) AS mostRevisions,
    MAX(delaySeconds) AS longestDelaySeconds
FROM dbo.averages_latest
WHERE windowEnd > @since AND expectedCount IS NOT NULL
GROUP BY id
ORDER BY CAST(SUM([count]) AS float) / NULLIF(SUM(expectedCount), 0), id;
