-- 1 row per message of the plan without a final outcome, in the order of the plan.
-- Reads: plan (the messages table, with file_row_number), journal (with routes), attempt_states, message_states.
-- `attempts`: made so far. `is_in_doubt`: one of them may have arrived; `doubtful_routes`: where those went, null where
-- nothing says.
WITH open AS (
    SELECT journal.message_id, journal.mode, list(DISTINCT journal.route) AS routes
    FROM journal
    JOIN attempt_states AS tried USING (message_id, mode, attempt)
    SEMI JOIN (FROM message_states WHERE outcome = 'unknown') AS doubtful USING (message_id, mode)
    WHERE journal.event = 'attempting' AND NOT tried.is_answered AND journal.route <> ''
    GROUP BY ALL
)
SELECT
    plan.file_row_number::UINTEGER AS plan_row,
    coalesce(state.attempts, 0)::UINTEGER AS attempts,
    coalesce(state.outcome = 'unknown', false) AS is_in_doubt,
    open.routes AS doubtful_routes
FROM plan
LEFT JOIN message_states AS state USING (message_id, mode)
LEFT JOIN open USING (message_id, mode)
WHERE state.settled_at IS NULL
ORDER BY plan_row
