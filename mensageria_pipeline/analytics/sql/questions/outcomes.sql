-- Messages of one campaign by outcome. 1 row per mode and outcome.
SELECT mode, outcome, sum(messages)::BIGINT AS messages
FROM outcomes_by_code
WHERE campaign = $campaign
GROUP BY ALL
ORDER BY mode, messages DESC
