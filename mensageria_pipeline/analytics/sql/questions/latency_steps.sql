-- How the answer times of one campaign are spread. 1 row per mode, provider and step.
SELECT mode, provider, from_ms, to_ms, answered
FROM latency_histogram
WHERE campaign = $campaign
ORDER BY mode, provider, from_ms
