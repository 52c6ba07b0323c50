-- Request to answer in ms, over answers with an outcome. 1 row per provider.
-- Reads: plan, journal (with answers).
SELECT
    plan.provider, count(*) AS answered, round(avg(latency_ms), 1) AS mean_ms,
    round(quantile_cont(latency_ms, 0.5), 1) AS p50_ms, round(quantile_cont(latency_ms, 0.95), 1) AS p95_ms,
    round(quantile_cont(latency_ms, 0.99), 1) AS p99_ms
FROM journal
JOIN plan USING (message_id, mode)
WHERE latency_ms IS NOT NULL AND event <> 'unknown'
GROUP BY plan.provider
ORDER BY plan.provider
