-- The metrics of one campaign. 1 row per mode, edition, provider and channel.
SELECT * FROM campaign_metrics WHERE campaign = $campaign ORDER BY mode, edition, provider, channel
