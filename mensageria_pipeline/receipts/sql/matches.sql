-- 1 row per wanted report whose message is one of the partition's.
-- Reads: wanted (seq, provider, message_id, provider_message_id), known (message_id, provider, channel,
-- provider_message_id; null where the message was only planned). A report names a message by our id, or by the provider's.
WITH by_our_id AS (
    SELECT wanted.seq, known.message_id, known.channel
    FROM wanted
    JOIN known ON known.message_id = wanted.message_id
), by_their_id AS (
    SELECT wanted.seq, known.message_id, known.channel
    FROM wanted
    JOIN known ON known.provider_message_id = wanted.provider_message_id AND known.provider = wanted.provider
    WHERE wanted.message_id = ''
)
SELECT DISTINCT ON (seq) seq, message_id, channel FROM (FROM by_our_id UNION ALL FROM by_their_id)
