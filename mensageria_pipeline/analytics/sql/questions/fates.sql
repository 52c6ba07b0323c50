-- Rows of one campaign by fate. 1 row per fate.
SELECT fate, sum(row_count)::BIGINT AS row_count FROM row_fates WHERE campaign = $campaign GROUP BY ALL ORDER BY fate
