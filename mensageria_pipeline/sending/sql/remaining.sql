-- 1 row per message of the plan without a final outcome, in the order of the plan.
-- Reads: plan (the messages table, with file_row_number), message_states.
-- `attempts`: made so far. `is_in_doubt`: one of them may have arrived.
SELECT
    plan.file_row_number::UINTEGER AS plan_row,
    coalesce(state.attempts, 0)::UINTEGER AS attempts,
    coalesce(state.outcome = 'unknown', false) AS is_in_doubt
FROM plan
LEFT JOIN message_states AS state USING (message_id, mode)
WHERE state.settled_at IS NULL
ORDER BY plan_row
