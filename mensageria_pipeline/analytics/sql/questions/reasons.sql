-- Why rows of one campaign were not planned. 1 row per fate and code, the most frequent first.
-- `row_count`: rows that nobody corrected. `superseded`: those whose correction came in.
SELECT fate, code, row_count - superseded AS row_count, superseded
FROM row_fates
WHERE campaign = $campaign AND fate <> 'planned'
ORDER BY row_count DESC, superseded DESC, fate, code
