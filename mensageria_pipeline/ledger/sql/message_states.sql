-- 1 row per message and mode that was touched: the state of a message, for every question that is asked in SQL.
-- Reads: attempt_states.
-- `outcome`: final where the last line that settles or reopens the message settles it; else unknown where an attempt may
-- have arrived; else pending. `settled_at`: position of the line that settles it, null where it is open.
-- `attempts`: the number of the last one. `throttled`: those answered "slow down".
WITH decided AS (
    SELECT message_id, mode,
        max(attempt) AS attempts,
        count(*) FILTER (attempt > 0 AND was_throttled) AS throttled,
        bool_or(attempt > 0 AND NOT is_answered) AS may_have_arrived,
        max(decided_at) AS decided_at,
        arg_max(decision, decided_at) AS decision
    FROM attempt_states
    GROUP BY ALL
)
SELECT
    message_id, mode, attempts, throttled,
    CASE WHEN is_final(decision) THEN decided_at END AS settled_at,
    CASE
        WHEN is_final(decision) THEN decision
        WHEN may_have_arrived THEN 'unknown'
        ELSE 'pending'
    END AS outcome
FROM decided
