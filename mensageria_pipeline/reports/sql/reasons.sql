-- Why rows and messages did not go through. 1 row per kind and code, most frequent first.
SELECT origem, codigo, motivo, quantidade
FROM (
    SELECT
        'lista' AS origem, code AS codigo,
        regexp_replace(any_value(reason), 'linha \d+', 'linha …') AS motivo,
        count(*) AS quantidade
    FROM rejected_recipients GROUP BY code
    UNION ALL
    SELECT
        'envio' AS origem, coalesce(code, outcome) AS codigo,
        CASE outcome
            WHEN 'rejected' THEN 'O provedor recusou a mensagem.'
            WHEN 'invalid_address' THEN 'O endereço não existe mais.'
            WHEN 'expired' THEN 'O prazo acabou antes do envio.'
            WHEN 'suppressed' THEN 'O endereço não pode receber mensagens.'
            WHEN 'unknown' THEN 'Em dúvida: pode ter chegado.'
            WHEN 'cancelled' THEN 'O envio foi cancelado.'
            ELSE 'Ainda não enviada.'
        END AS motivo,
        count(*) AS quantidade
    FROM send_results WHERE outcome <> 'accepted' GROUP BY ALL
)
ORDER BY quantidade DESC, origem, codigo
