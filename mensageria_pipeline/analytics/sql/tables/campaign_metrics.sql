-- Messages and sends of each campaign. 1 row per campaign, mode, edition, provider and channel.
--
-- campaign: partition key; occurrences of a recurring campaign have their own
-- mode: simulated or live; never add the two up
-- edition: the definition's edition; a higher one messaged everybody again
-- provider: adapter that sends
-- channel: push, email, sms, whatsapp or webhook
-- messages: messages planned = the eight outcome counts that follow
-- accepted: the provider took the message
-- rejected: refused for good
-- invalid_address: the address no longer exists
-- expired: could not be sent in time
-- cancelled: called off by a person
-- suppressed: found suppressed at the moment of sending
-- unknown: in doubt: may have arrived
-- pending: not sent yet
-- total_processed: messages with a final outcome, plus those in doubt
-- delivered_to_provider: the same as accepted; what reached a person only a receipt tells
-- total_failed: rejected + invalid_address + expired
-- attempts: requests made, counted per message
-- retries: attempts beyond each message's first
-- throttled: attempts answered 'slow down'; they are no failures
-- latency_avg_ms: mean of request to answer, over attempts with an answer
-- latency_p50_ms: median of the same
-- latency_p95_ms: 95th percentile of the same
-- latency_p99_ms: 99th percentile of the same
-- reported: messages that receipts say something of; not every provider gives any
-- delivered: of these, delivered, or read, or complained about
-- read: of these, read
-- bounced: of these, whose address turned out not to exist
-- undelivered: of these, given up by the provider or the network
-- complained: of these, called spam
-- delivery_rate: delivered / reported; null where nothing was reported
-- cost: what the provider asks for the accepted ones; null where no price is set
-- cost_per_accepted: cost / accepted; null where no price is set
-- first_send_at: first request, UTC
-- last_send_at: last outcome, UTC
-- messages_per_minute: total_processed per minute between first_send_at and last_send_at; null over no time
WITH counted AS (
    SELECT
        campaign, mode, edition, provider, channel,
        count(*) AS messages,
        count(*) FILTER (outcome = 'accepted') AS accepted,
        count(*) FILTER (outcome IN ({failures})) AS failed,
        count(*) FILTER (outcome = 'rejected') AS rejected,
        count(*) FILTER (outcome = 'invalid_address') AS invalid_address,
        count(*) FILTER (outcome = 'expired') AS expired,
        count(*) FILTER (outcome = 'cancelled') AS cancelled,
        count(*) FILTER (outcome = 'suppressed') AS suppressed,
        count(*) FILTER (outcome = 'unknown') AS unknown,
        count(*) FILTER (outcome = 'pending') AS pending,
        coalesce(sum(attempts), 0)::BIGINT AS attempts,
        coalesce(sum(greatest(attempts - 1, 0)), 0)::BIGINT AS retries,
        coalesce(sum(throttled), 0)::BIGINT AS throttled,
        count(delivery) AS reported,
        count(*) FILTER (delivery IN ({arrived})) AS delivered,
        count(*) FILTER (delivery = 'read') AS read,
        count(*) FILTER (delivery = 'bounced') AS bounced,
        count(*) FILTER (delivery = 'undelivered') AS undelivered,
        count(*) FILTER (delivery = 'complained') AS complained,
        sum(cost) AS cost,
        min(first_attempt_at) AS first_send_at,
        max(decided_at) FILTER (attempts > 0) AS last_send_at
    FROM send_results
    GROUP BY ALL
), answered AS (
    SELECT
        campaign, mode, edition, provider, channel,
        avg(latency_ms) AS latency_avg_ms,
        quantile_cont(latency_ms, [0.5, 0.95, 0.99]) AS quantiles_ms
    FROM answered_attempts
    GROUP BY ALL
)
SELECT
    campaign, mode, edition, provider, channel,
    messages, accepted, rejected, invalid_address, expired, cancelled, suppressed, unknown, pending,
    messages - pending AS total_processed,
    accepted AS delivered_to_provider,
    failed AS total_failed,
    attempts, retries, throttled,
    latency_avg_ms,
    quantiles_ms[1] AS latency_p50_ms,
    quantiles_ms[2] AS latency_p95_ms,
    quantiles_ms[3] AS latency_p99_ms,
    reported, delivered, read, bounced, undelivered, complained,
    delivered / nullif(reported, 0) AS delivery_rate,
    cost,
    cost / nullif(accepted, 0) AS cost_per_accepted,
    first_send_at, last_send_at,
    (messages - pending) * 60e6 / nullif(date_diff('microsecond', first_send_at, last_send_at), 0) AS messages_per_minute
FROM counted
LEFT JOIN answered USING (campaign, mode, edition, provider, channel)
