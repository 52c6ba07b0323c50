-- 1 row per attempt that may have arrived, of messages without a final outcome, in the order of the plan.
-- Reads: plan, journal (with answers), attempt_states, message_states. Latency in ms, instants in UTC.
WITH told AS (
    SELECT message_id, mode, attempt,
        min(at_us) FILTER (event = 'attempting') AS at_us,
        arg_max(code, position) AS code
    FROM journal
    GROUP BY ALL
)
SELECT
    plan.message_id, plan.mode, plan.provider, plan.channel, plan.row_number, tried.attempt, told.code,
    make_timestamptz(told.at_us) AS attempted_at
FROM plan
JOIN message_states AS state USING (message_id, mode)
JOIN attempt_states AS tried USING (message_id, mode)
JOIN told USING (message_id, mode, attempt)
WHERE state.outcome = 'unknown' AND tried.attempt > 0 AND NOT tried.is_answered
ORDER BY plan.file_row_number, tried.attempt
