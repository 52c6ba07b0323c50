-- Latency of one campaign. 1 row per mode and provider.
SELECT * EXCLUDE (campaign) FROM latency_by_provider WHERE campaign = $campaign ORDER BY mode, provider
