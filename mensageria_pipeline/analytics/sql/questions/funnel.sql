-- From rows to what arrived: the latest edition of one campaign in $mode. 1 row; an earlier edition had its own messages
-- of the same rows.
WITH latest AS (
    SELECT * FROM campaign_metrics
    WHERE campaign = $campaign AND mode = $mode
    QUALIFY edition = max(edition) OVER ()
)
SELECT
    (SELECT coalesce(sum(row_count), 0)::BIGINT FROM row_fates WHERE campaign = $campaign) AS row_count,
    coalesce(sum(messages), 0)::BIGINT AS messages,
    coalesce(sum(accepted), 0)::BIGINT AS accepted,
    coalesce(sum(reported), 0)::BIGINT AS reported,
    coalesce(sum(delivered), 0)::BIGINT AS delivered
FROM latest
