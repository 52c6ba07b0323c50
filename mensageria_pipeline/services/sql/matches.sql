-- 1 row per wanted report and message of the partition that it names.
-- Reads: wanted (seq, provider, message_id, provider_message_id), known (message_id, provider, channel,
-- provider_message_id; null where the message was only planned). A report names a message by our id, or by the provider's.
-- `is_planned`: the message is planned for the provider that reports; another may have had it before.
WITH by_our_id AS (
    SELECT wanted.seq, known.message_id, known.channel, known.provider = wanted.provider AS is_planned
    FROM wanted
    JOIN known ON known.message_id = wanted.message_id
), by_their_id AS (
    SELECT wanted.seq, known.message_id, known.channel, true AS is_planned
    FROM wanted
    JOIN known ON known.provider_message_id = wanted.provider_message_id AND known.provider = wanted.provider
    WHERE wanted.message_id = ''
)
SELECT DISTINCT ON (seq) seq, message_id, channel, is_planned
FROM (FROM by_our_id UNION ALL FROM by_their_id)
ORDER BY seq, is_planned DESC
