-- The attempts that latency is told of: those with an answer. 1 row per attempt.
-- Reads: attempts.
SELECT * FROM attempts WHERE latency_ms IS NOT NULL AND verdict <> 'unknown'
