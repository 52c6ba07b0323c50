-- Why rows and messages did not go through. 1 row per kind and code, most frequent first.
SELECT origem, codigo, motivo, quantidade
FROM (
    SELECT
        'lista' AS origem, code AS codigo,
        regexp_replace(any_value(reason), 'na linha \d+', 'em outra linha') AS motivo,
        count(*) AS quantidade
    FROM rejected_recipients GROUP BY code
    UNION ALL
    SELECT
        'envio' AS origem, coalesce(code, outcome) AS codigo,
        reason_of(outcome, code) AS motivo,
        count(*) AS quantidade
    FROM send_results WHERE outcome <> 'accepted' GROUP BY ALL
)
ORDER BY quantidade DESC, origem, codigo
