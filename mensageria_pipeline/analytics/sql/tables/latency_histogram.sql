-- How answer times are spread. 1 row per campaign, mode, provider and step of a fifth more than the one before.
--
-- campaign: partition key
-- mode: simulated or live
-- provider: adapter that sent
-- from_ms: lower end of the step
-- to_ms: upper end of the step
-- answered: attempts with an answer in it
WITH stepped AS (
    SELECT campaign, mode, provider, floor(ln(greatest(latency_ms, 0.1)) / ln(1.2))::INTEGER AS step
    FROM answered_attempts
)
SELECT campaign, mode, provider, 1.2 ^ step AS from_ms, 1.2 ^ (step + 1) AS to_ms, count(*) AS answered
FROM stepped
GROUP BY campaign, mode, provider, step
