-- How answer times are spread. 1 row per provider and step of a fifth more than the one before. Reads: send_results.
WITH stepped AS (
    SELECT provider, floor(ln(greatest(latency_ms, 0.1)) / ln(1.2))::INTEGER AS step
    FROM send_results
    WHERE latency_ms IS NOT NULL
)
SELECT provider, 1.2 ^ step AS from_ms, 1.2 ^ (step + 1) AS to_ms, count(*) AS answered
FROM stepped
GROUP BY provider, step
ORDER BY provider, from_ms
