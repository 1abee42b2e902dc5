-- Newest first: the latest averages of all meters since @since, at most @most.
SELECT TOP (@most)
    id,
    windowEnd,
    average,
    minimum,
    maximum,
    [count],
    expectedCount,
    revision,
    delaySeconds
FROM dbo.averages_latest
WHERE windowEnd > @since
ORDER BY windowEnd DESC;
