-- Why messages ended as they did. 1 row per campaign, mode, edition, provider, channel, outcome and code.
--
-- campaign: partition key
-- mode: simulated or live
-- edition: the definition's edition
-- provider: adapter that sends
-- channel: push, email, sms, whatsapp or webhook
-- outcome: final outcome, unknown or pending
-- code: last code, the provider's or ours; empty for none
-- messages: messages that ended so
-- attempts: requests made for them
SELECT
    campaign, mode, edition, provider, channel, outcome, coalesce(code, '') AS code,
    count(*) AS messages,
    coalesce(sum(attempts), 0)::BIGINT AS attempts
FROM send_results
GROUP BY ALL
