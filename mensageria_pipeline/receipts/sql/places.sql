-- 1 row per wanted report whose message is one of the partition's.
-- Reads: wanted (seq, provider, message_id, provider_message_id), known (message_id, provider, channel,
-- provider_message_id; null where the message was only planned). A report names a message by our id, or by the provider's.
SELECT DISTINCT ON (wanted.seq) wanted.seq, known.message_id, known.channel
FROM wanted
JOIN known ON known.message_id = wanted.message_id
    OR (wanted.message_id = '' AND known.provider_message_id = wanted.provider_message_id AND known.provider = wanted.provider)
