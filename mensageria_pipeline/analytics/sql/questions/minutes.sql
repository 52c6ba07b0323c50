-- How one campaign went over time. 1 row per mode, provider and minute; the last 3,000 of them.
WITH summed AS (
    SELECT
        mode, provider, minute_at, sum(attempts)::BIGINT AS attempts, sum(accepted)::BIGINT AS accepted,
        sum(failed)::BIGINT AS failed, sum(throttled)::BIGINT AS throttled,
        sum(failed) / nullif(sum(attempts), 0) AS error_rate
    FROM sends_by_minute
    WHERE campaign = $campaign
    GROUP BY ALL
), latest AS (
    SELECT * FROM summed ORDER BY minute_at DESC LIMIT 3000
)
SELECT * FROM latest ORDER BY minute_at, provider
