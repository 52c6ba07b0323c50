-- Messages by what became of them, for people. 1 row per mode, provider, channel, outcome and code, the most frequent
-- first. Reads: send_results; the macro outcome_of.
SELECT
    CASE mode WHEN 'live' THEN 'real' ELSE 'simulação' END AS modo,
    provider AS provedor, channel AS canal, outcome_of(outcome) AS resultado, code AS codigo,
    count(*) AS mensagens, coalesce(sum(attempts), 0)::BIGINT AS tentativas,
    round(quantile_cont(latency_ms, 0.95), 1) AS latencia_p95_ms
FROM send_results
GROUP BY ALL
ORDER BY modo, mensagens DESC, provedor, canal, resultado, codigo
