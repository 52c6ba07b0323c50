-- What became of each message. 1 row per message and mode, as in the file.
SELECT
    send_results.row_number AS linha,
    recipients.file_name AS arquivo,
    send_results.person AS pessoa,
    send_results.channel AS canal,
    mode_of(mode) AS modo,
    send_results.edition AS edicao,
    provider AS provedor,
    outcome_of(outcome) AS resultado,
    code AS codigo,
    attempts AS tentativas,
    round(latency_ms, 1) AS latencia_ms,
    decided_at AS decidida_em,
    delivery_of(delivery) AS entrega,
    delivery_at AS entrega_em,
    cost AS custo,
    provider_message_id AS id_do_provedor,
    message_id AS mensagem
FROM send_results
LEFT JOIN (SELECT DISTINCT intake, file_name FROM validated_recipients) AS recipients USING (intake)
ORDER BY recipients.file_name, send_results.row_number, send_results.channel, mode, edicao
