-- Who did not receive it, and why. 1 row per refused row of a file, and per message without success.
SELECT linha, arquivo, pessoa, canal, etapa, codigo, motivo, sugestao
FROM (
    SELECT
        row_number AS linha, file_name AS arquivo, person AS pessoa, channel AS canal,
        CASE fate
            WHEN 'rejected' THEN 'rejeitada' WHEN 'duplicate' THEN 'duplicada' WHEN 'repeated' THEN 'repetida'
            WHEN 'suppressed' THEN 'suprimida' ELSE 'apagada'
        END AS etapa,
        code AS codigo, reason AS motivo, suggestion AS sugestao
    FROM rejected_recipients
    WHERE superseded_by = ''
    UNION ALL
    SELECT
        row_number, file_name, person, channel, 'envio' AS etapa, coalesce(code, outcome) AS codigo,
        reason_of(outcome, code) AS motivo,
        CASE outcome WHEN 'invalid_address' THEN 'Peça um endereço novo.' ELSE 'Nada a fazer.' END AS sugestao
    FROM (
        SELECT * FROM send_results
        QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY mode, edition DESC) = 1
    )
    LEFT JOIN (SELECT DISTINCT intake, file_name FROM validated_recipients) USING (intake)
    WHERE outcome <> 'accepted'
)
ORDER BY arquivo, linha, canal
