-- The messages of a plan, or of some rows of it, in its order. 1 row per message, with its provider last.
-- Reads: plan (the messages table, or those rows, with file_row_number).
SELECT message_id, channel, address, address_key, title, body, data, person, document, edition, problem, provider
FROM plan
ORDER BY file_row_number
