-- Messages by what became of them. 1 row per mode, provider, channel and outcome, the most frequent first.
-- Reads: send_results.
SELECT mode, provider, channel, outcome, count(*) AS messages
FROM send_results
GROUP BY ALL
ORDER BY mode, messages DESC, provider, channel, outcome
