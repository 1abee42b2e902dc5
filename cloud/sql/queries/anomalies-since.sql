-- Newest first: the anomalies since @since, at most @most.
SELECT TOP (@most)
    id,
    [time],
    temp,
    direction,
    score,
    usual,
    delaySeconds
FROM dbo.anomalies
WHERE [time] > @since
ORDER BY [time] DESC;
