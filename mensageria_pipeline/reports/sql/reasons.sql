-- Why rows and messages did not go through. 1 row per kind and code, most frequent first.
-- Rows that somebody corrected and messages that are pending are not among them.
SELECT origem, codigo, motivo, quantidade
FROM (
    SELECT
        word('origin_list') AS origem, code AS codigo,
        regexp_replace(
            any_value(if(getvariable('language') = 'en', reason_en, reason)), '(na linha|in row) \d+', word('reason_another_row')
        ) AS motivo,
        count(*) AS quantidade
    FROM rejected_recipients WHERE superseded_by = '' GROUP BY code
    UNION ALL
    SELECT
        word('origin_sending') AS origem, coalesce(code, outcome) AS codigo,
        reason_of(outcome, code) AS motivo,
        count(*) AS quantidade
    FROM send_results WHERE outcome NOT IN ('accepted', 'pending') GROUP BY ALL
)
ORDER BY quantidade DESC, origem, codigo
