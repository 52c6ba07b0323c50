-- Messages by what became of them, for people. 1 row per mode, provider, channel, outcome and code, the most frequent
-- first. Reads: outcomes_by_code; the macros mode_of and outcome_of.
SELECT
    mode_of(mode) AS modo,
    provider AS provedor, channel AS canal, outcome_of(outcome) AS resultado, nullif(code, '') AS codigo,
    sum(messages)::BIGINT AS mensagens, sum(attempts)::BIGINT AS tentativas
FROM outcomes_by_code
GROUP BY ALL
ORDER BY modo, mensagens DESC, provedor, canal, resultado, codigo
