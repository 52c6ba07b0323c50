-- The dead-letter queue: messages that failed for good, with the reason and the last answer. 1 row per message, mode and edition.
--
-- campaign: partition key
-- mode: simulated or live
-- edition: the definition's edition
-- message_id: the message
-- person: id, CPF or normalized address
-- intake: sha256 of the file
-- row_number: row as a spreadsheet shows it
-- provider: adapter that sent it
-- channel: push, email, sms, whatsapp or webhook
-- outcome: rejected, invalid_address, expired or cancelled
-- reason: last code, the provider's or ours
-- last_answer: verdict of the last request; null where none was made
-- last_code: code of the last request's answer
-- attempts: requests made for it
-- decided_at: when the outcome became final, UTC
-- is_retriable: `mensageria retry` may try it again; a dead address needs another address instead
WITH failed AS (
    SELECT * FROM read_parquet('{processed}/send_results/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
    WHERE outcome IN ({failures}, 'cancelled')
), last_attempt AS (
    SELECT campaign, mode, message_id, arg_max(verdict, attempt) AS last_answer, arg_max(code, attempt) AS last_code
    FROM read_parquet('{processed}/attempts/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
    GROUP BY ALL
)
SELECT
    campaign, mode, edition, message_id, person, intake, row_number, provider, channel, outcome,
    code AS reason, last_answer, last_code, attempts, decided_at,
    outcome <> 'invalid_address' AS is_retriable
FROM failed
LEFT JOIN last_attempt USING (campaign, mode, message_id)
