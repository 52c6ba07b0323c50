-- The messages that ended without success or are in doubt, with their last answer. 1 row per message and mode, as in the
-- file. What is pending has not failed.
-- Reads: send_results, validated_recipients; the macros mode_of, outcome_of and reason_of.
SELECT
    send_results.row_number AS linha, recipients.file_name AS arquivo, person AS pessoa, channel AS canal,
    mode_of(mode) AS modo, edition AS edicao, provider AS provedor,
    outcome_of(outcome) AS resultado, code AS codigo, reason_of(outcome, code) AS motivo,
    attempts AS tentativas, decided_at AS decidida_em, message_id AS mensagem
FROM send_results
LEFT JOIN (SELECT DISTINCT intake, file_name FROM validated_recipients) AS recipients USING (intake)
WHERE outcome NOT IN ('accepted', 'pending')
ORDER BY recipients.file_name, send_results.row_number, channel, mode, edicao
