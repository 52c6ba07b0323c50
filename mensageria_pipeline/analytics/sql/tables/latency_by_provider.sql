-- How fast each provider answered. 1 row per campaign, mode and provider.
--
-- campaign: partition key
-- mode: simulated or live
-- provider: adapter that sent
-- answered: attempts with an answer; weigh by it when averaging over campaigns
-- latency_avg_ms: mean of request to answer
-- latency_p50_ms: median
-- latency_p95_ms: 95th percentile
-- latency_p99_ms: 99th percentile
-- latency_max_ms: slowest answer
SELECT
    campaign, mode, provider,
    count(*) AS answered,
    avg(latency_ms) AS latency_avg_ms,
    quantile_cont(latency_ms, 0.5) AS latency_p50_ms,
    quantile_cont(latency_ms, 0.95) AS latency_p95_ms,
    quantile_cont(latency_ms, 0.99) AS latency_p99_ms,
    max(latency_ms) AS latency_max_ms
FROM answered_attempts
GROUP BY ALL
