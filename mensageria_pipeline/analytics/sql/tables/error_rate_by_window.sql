-- How often requests failed, over time. 1 row per campaign, mode, provider, channel and 5-minute window.
--
-- campaign: partition key
-- mode: simulated or live
-- provider: adapter that sent
-- channel: push, email, sms, whatsapp or webhook
-- window_start_at: start of the 5 minutes, UTC
-- attempts: requests that left in the window, counted per message
-- errors: of these, refused, dead address, failed or without an answer; throttled ones are no errors
-- throttled: of these, answered 'slow down'
-- error_rate: errors / attempts
SELECT
    campaign, mode, provider, channel,
    time_bucket(INTERVAL 5 MINUTE, started_at) AS window_start_at,
    count(*) AS attempts,
    count(*) FILTER (verdict IN ({failed_verdicts})) AS errors,
    count(*) FILTER (verdict = 'throttled') AS throttled,
    count(*) FILTER (verdict IN ({failed_verdicts})) / nullif(count(*), 0)
        AS error_rate
FROM attempts
GROUP BY ALL
