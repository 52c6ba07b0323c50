-- Answer times in ms of the attempts that decided. 1 row per mode and provider. Reads: send_results.
SELECT
    mode, provider, count(latency_ms) AS answered, avg(latency_ms) AS mean_ms,
    quantile_cont(latency_ms, 0.5) AS p50_ms, quantile_cont(latency_ms, 0.95) AS p95_ms,
    quantile_cont(latency_ms, 0.99) AS p99_ms
FROM send_results
WHERE latency_ms IS NOT NULL
GROUP BY ALL
ORDER BY mode, provider
