-- Where the rows of each campaign's files ended. 1 row per campaign, fate and code; rows add up to all rows.
--
-- campaign: partition key
-- fate: planned, rejected, duplicate, repeated, suppressed or erased
-- code: the reason; empty for planned
-- row_count: rows with this fate and reason
-- superseded: of these, rejected rows whose correction came in
SELECT campaign, 'planned' AS fate, '' AS code, count(DISTINCT (intake, row_number)) AS row_count, 0::BIGINT AS superseded
FROM validated_recipients
GROUP BY ALL
UNION ALL
SELECT campaign, fate, code, count(*) AS row_count, count(*) FILTER (superseded_by <> '') AS superseded
FROM rejected_recipients
GROUP BY ALL
