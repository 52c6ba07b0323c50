-- The campaign at a glance. 1 row per figure, in the order in which people ask.
WITH fates AS (
    SELECT 'Linhas planejadas' AS indicador, count(DISTINCT (intake, row_number)) AS quantidade, 2 AS position
    FROM validated_recipients
    UNION ALL
    SELECT
        CASE fate
            WHEN 'rejected' THEN 'Linhas rejeitadas' WHEN 'duplicate' THEN 'Linhas duplicadas no arquivo'
            WHEN 'repeated' THEN 'Linhas já recebidas antes' WHEN 'suppressed' THEN 'Linhas suprimidas'
            ELSE 'Linhas apagadas a pedido'
        END, count(*), 3
    FROM rejected_recipients GROUP BY fate
), outcomes AS (
    SELECT
        CASE outcome
            WHEN 'accepted' THEN 'Mensagens aceitas' WHEN 'rejected' THEN 'Mensagens recusadas'
            WHEN 'invalid_address' THEN 'Mensagens para endereço inexistente' WHEN 'expired' THEN 'Mensagens expiradas'
            WHEN 'cancelled' THEN 'Mensagens canceladas' WHEN 'suppressed' THEN 'Mensagens suprimidas no envio'
            WHEN 'unknown' THEN 'Mensagens em dúvida' ELSE 'Mensagens pendentes'
        END || ' (' || CASE mode WHEN 'live' THEN 'real' ELSE 'simulação' END || ', edição ' || edition || ')' AS indicador,
        count(*) AS quantidade,
        5 AS position
    FROM send_results GROUP BY outcome, mode, edition
), attempts AS (
    SELECT
        'Tentativas de envio (' || CASE mode WHEN 'live' THEN 'real' ELSE 'simulação' END || ', edição ' || edition || ')' AS indicador,
        sum(attempts)::BIGINT AS quantidade,
        6 AS position
    FROM send_results GROUP BY mode, edition
), deliveries AS (
    SELECT 'Recibos: ' || delivery_of(delivery) AS indicador, count(*) AS quantidade, 7 AS position
    FROM send_results WHERE delivery IS NOT NULL GROUP BY delivery
), total AS (
    SELECT 'Linhas recebidas' AS indicador, sum(quantidade)::BIGINT AS quantidade, 1 AS position FROM fates
)
SELECT indicador, quantidade
FROM (FROM total UNION ALL FROM fates UNION ALL FROM outcomes UNION ALL FROM attempts UNION ALL FROM deliveries)
ORDER BY position, indicador
