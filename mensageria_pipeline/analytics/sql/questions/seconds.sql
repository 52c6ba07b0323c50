-- How one campaign went over time, where that was short. 1 row per mode, provider and second; the last 3,000 of them.
WITH summed AS (
    SELECT
        mode, provider, time_bucket(INTERVAL 1 SECOND, started_at) AS second_at,
        count(*) AS attempts,
        count(*) FILTER (verdict IN ({failed_verdicts})) / count(*) AS error_rate
    FROM attempts
    WHERE campaign = $campaign
    GROUP BY ALL
), latest AS (
    SELECT * FROM summed ORDER BY second_at DESC LIMIT 3000
)
SELECT * FROM latest ORDER BY second_at, provider
