-- What became of the rows of `sought`. 1 row per row, and per edition and mode it was sent in; the oldest first.
SELECT
    sought.file_name, sought.row_number, sought.received_at,
    CASE WHEN planned.intake IS NOT NULL THEN 'planned' ELSE coalesce(refused.fate, '') END AS fate,
    coalesce(refused.code, '') AS code, coalesce(refused.reason, '') AS reason,
    coalesce(refused.reason_en, '') AS reason_en, coalesce(planned.channel, refused.channel, '') AS channel,
    coalesce(results.message_id, planned_messages.message_id, '') AS message_id,
    coalesce(results.mode, planned_messages.mode, '') AS mode,
    coalesce(results.provider, planned_messages.provider, '') AS provider,
    coalesce(results.outcome, if(planned_messages.intake IS NULL, '', 'pending')) AS outcome,
    coalesce(results.code, '') AS outcome_code, coalesce(results.attempts, 0) AS attempts, results.decided_at
FROM sought
LEFT JOIN validated_recipients AS planned USING (intake, row_number)
LEFT JOIN rejected_recipients AS refused USING (intake, row_number)
LEFT JOIN messages AS planned_messages USING (intake, row_number)
LEFT JOIN send_results AS results USING (intake, row_number)
ORDER BY sought.received_at, sought.row_number, results.decided_at
