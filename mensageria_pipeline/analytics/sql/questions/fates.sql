-- Rows of one campaign by fate; rejected rows whose correction came in stand apart as `corrected`. 1 row per fate.
SELECT fate, sum(row_count)::BIGINT AS row_count
FROM (
    SELECT fate, row_count - superseded AS row_count FROM row_fates WHERE campaign = $campaign
    UNION ALL
    SELECT 'corrected', superseded FROM row_fates WHERE campaign = $campaign
)
GROUP BY ALL
HAVING row_count > 0
ORDER BY fate
