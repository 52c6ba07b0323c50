-- How fast a campaign went. 1 row per campaign, mode, provider, channel and minute.
--
-- campaign: partition key
-- mode: simulated or live
-- provider: adapter that sent
-- channel: push, email, sms, whatsapp or webhook
-- minute_at: start of the minute, UTC
-- attempts: requests that left in it, counted per message
-- accepted: of these, accepted
-- failed: of these, refused, dead address, failed or without an answer
-- throttled: of these, answered 'slow down'
SELECT
    campaign, mode, provider, channel,
    time_bucket(INTERVAL 1 MINUTE, started_at) AS minute_at,
    count(*) AS attempts,
    count(*) FILTER (verdict = 'accepted') AS accepted,
    count(*) FILTER (verdict IN ({failed_verdicts})) AS failed,
    count(*) FILTER (verdict = 'throttled') AS throttled
FROM attempts
GROUP BY ALL
