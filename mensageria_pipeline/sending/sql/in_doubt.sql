-- 1 row per attempt that may have arrived, of messages without a final outcome, in the order of the plan.
-- Reads: plan, journal (with answers). Latency in ms, instants in UTC.
WITH tried AS (
    SELECT message_id, mode, attempt,
        bool_or(event NOT IN ('attempting', 'unknown')) AS is_answered,
        max(position) FILTER (event IN ('accepted', 'rejected', 'invalid_address', 'expired', 'cancelled', 'suppressed'))
            AS settled_at,
        max(position) FILTER (event = 'reopened') AS reopened_at,
        min(at_us) FILTER (event = 'attempting') AS at_us,
        arg_max(code, position) AS code
    FROM journal
    GROUP BY ALL
), settled AS (
    SELECT message_id, mode
    FROM tried
    GROUP BY ALL
    HAVING coalesce(max(settled_at) > coalesce(max(reopened_at), -1), false)
)
SELECT
    plan.message_id, plan.mode, plan.provider, plan.channel, plan.row_number, tried.attempt, tried.code,
    make_timestamptz(tried.at_us) AS attempted_at
FROM plan
JOIN tried USING (message_id, mode)
ANTI JOIN settled USING (message_id, mode)
WHERE tried.attempt > 0 AND NOT tried.is_answered
ORDER BY plan.file_row_number, tried.attempt
