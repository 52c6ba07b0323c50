-- How fast each provider usually goes. 1 row per provider and mode, over its campaigns of at least 50 messages.
SELECT
    provider, mode,
    median(messages_per_minute) AS messages_per_minute,
    sum(accepted) / nullif(sum(messages), 0) AS success_rate,
    sum(invalid_address) / nullif(sum(messages), 0) AS dead_address_rate,
    count(*) AS campaigns
FROM campaign_metrics
WHERE messages >= 50 AND messages_per_minute IS NOT NULL
GROUP BY ALL
ORDER BY provider, mode
