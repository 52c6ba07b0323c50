-- Messages of one campaign that ended without success or are in doubt. 1 row per mode, provider, outcome and code, the
-- most frequent first. What is pending has not failed.
SELECT mode, provider, outcome, code, sum(messages)::BIGINT AS messages, sum(attempts)::BIGINT AS attempts
FROM outcomes_by_code
WHERE campaign = $campaign AND outcome NOT IN ('accepted', 'pending')
GROUP BY ALL
ORDER BY messages DESC, provider, outcome, code
