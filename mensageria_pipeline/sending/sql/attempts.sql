-- 1 row per request made for a message of the plan in $mode, in the order of the requests.
-- Reads: plan, journal. `unknown` where no answer is recorded. Latency in ms, instants in UTC.
WITH own_lines AS (
    SELECT * FROM journal WHERE mode = $mode AND attempt > 0
), asked AS (
    SELECT message_id, attempt, min(at_us) AS at_us, min(position) AS position FROM own_lines WHERE event = 'attempting' GROUP BY ALL
), answered AS (
    SELECT * FROM own_lines WHERE event <> 'attempting'
    QUALIFY row_number() OVER (PARTITION BY message_id, attempt ORDER BY position DESC) = 1
)
SELECT
    plan.message_id, plan.mode, plan.edition, plan.provider, plan.channel, asked.attempt,
    coalesce(answered.event, 'unknown') AS verdict,
    answered.code, answered.latency_ms,
    make_timestamptz(asked.at_us) AS started_at,
    make_timestamptz(answered.at_us) AS answered_at
FROM asked
JOIN plan USING (message_id)
LEFT JOIN answered USING (message_id, attempt)
WHERE plan.mode = $mode
ORDER BY asked.position
