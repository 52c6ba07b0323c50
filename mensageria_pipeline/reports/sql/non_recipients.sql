-- Who did not receive it, and why. 1 row per refused row of a file, and per message without success.
SELECT linha, arquivo, pessoa, canal, etapa, codigo, motivo, sugestao
FROM (
    SELECT
        row_number AS linha, file_name AS arquivo, person AS pessoa, channel AS canal,
        word('row_' || fate) AS etapa, code AS codigo,
        if(getvariable('language') = 'en', reason_en, reason) AS motivo, suggestion_of(suggestion) AS sugestao
    FROM rejected_recipients
    WHERE superseded_by = ''
    UNION ALL
    SELECT
        row_number, file_name, person, channel, word('origin_sending') AS etapa, coalesce(code, outcome) AS codigo,
        reason_of(outcome, code) AS motivo,
        word(if(outcome = 'invalid_address', 'suggest_new_address', 'suggest_none')) AS sugestao
    FROM (
        SELECT * FROM send_results
        QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY mode, edition DESC) = 1
    )
    LEFT JOIN (SELECT DISTINCT intake, file_name FROM validated_recipients) USING (intake)
    WHERE outcome <> 'accepted'
)
ORDER BY arquivo, linha, canal
