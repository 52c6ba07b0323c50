-- Messages of one campaign without success. 1 row per mode, provider, outcome and code, the most frequent first.
SELECT mode, provider, outcome, code, sum(messages)::BIGINT AS messages, sum(attempts)::BIGINT AS attempts
FROM outcomes_by_code
WHERE campaign = $campaign AND outcome <> 'accepted'
GROUP BY ALL
ORDER BY messages DESC, provider, outcome, code
