-- The messages in $rows of a plan, in its order. 1 row per message, with its provider last.
-- Reads: plan (the messages table, with file_row_number).
SELECT message_id, channel, address, address_key, title, body, data, person, document, edition, problem, provider
FROM plan
WHERE list_contains($rows, file_row_number)
ORDER BY file_row_number
