-- The first $count messages of each channel of a plan, in its order. 1 row per message, with provider and mode last.
-- Reads: plan (the messages table, with file_row_number).
SELECT
    message_id, channel, address, address_key, title, body, data, person, document, edition, problem, provider, mode
FROM plan
QUALIFY row_number() OVER (PARTITION BY channel ORDER BY problem IS NOT NULL, file_row_number) <= $count
ORDER BY file_row_number
