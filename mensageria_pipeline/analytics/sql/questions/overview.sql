-- Every campaign with what the list of campaigns shows. 1 row per campaign and mode, the latest first.
SELECT
    campaigns.* EXCLUDE (base_campaign, occurrence),
    sends.providers, sends.channels, sends.messages_per_minute, sends.cost
FROM campaigns
LEFT JOIN (
    SELECT
        campaign, mode,
        list(DISTINCT provider ORDER BY provider) AS providers,
        list(DISTINCT channel ORDER BY channel) AS channels,
        sum(total_processed) * 60e6 / nullif(date_diff('microsecond', min(first_send_at), max(last_send_at)), 0)
            AS messages_per_minute,
        sum(cost) AS cost
    FROM campaign_metrics
    GROUP BY ALL
) AS sends USING (campaign, mode)
ORDER BY campaigns.last_send_at DESC NULLS LAST, campaigns.campaign
