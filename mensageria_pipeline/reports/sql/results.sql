-- What became of each message. 1 row per message and mode, as in the file.
SELECT
    send_results.row_number AS linha,
    recipients.file_name AS arquivo,
    send_results.person AS pessoa,
    send_results.channel AS canal,
    CASE mode WHEN 'live' THEN 'real' ELSE 'simulação' END AS modo,
    send_results.edition AS edicao,
    provider AS provedor,
    CASE outcome
        WHEN 'accepted' THEN 'aceita' WHEN 'rejected' THEN 'recusada' WHEN 'invalid_address' THEN 'endereço inexistente'
        WHEN 'expired' THEN 'expirada' WHEN 'cancelled' THEN 'cancelada' WHEN 'suppressed' THEN 'suprimida'
        WHEN 'unknown' THEN 'em dúvida' ELSE 'pendente'
    END AS resultado,
    code AS codigo,
    attempts AS tentativas,
    round(latency_ms, 1) AS latencia_ms,
    decided_at AS decidida_em,
    provider_message_id AS id_do_provedor,
    message_id AS mensagem
FROM send_results
LEFT JOIN (SELECT DISTINCT intake, file_name FROM validated_recipients) AS recipients USING (intake)
ORDER BY recipients.file_name, send_results.row_number, send_results.channel, mode, edicao
