-- 1 row per message of the plan without a final outcome, in the order of the plan.
-- Reads: plan (the messages table, with file_row_number), journal (lines of every shard, with their position).
-- `attempts`: made so far. `is_in_doubt`: one of them may have arrived.
WITH tried AS (
    SELECT message_id, mode, attempt,
        bool_or(event NOT IN ('attempting', 'unknown')) AS is_answered,
        max(position) FILTER (event IN ('accepted', 'rejected', 'invalid_address', 'expired', 'cancelled', 'suppressed'))
            AS settled_at,
        max(position) FILTER (event = 'reopened') AS reopened_at
    FROM journal
    GROUP BY ALL
), touched AS (
    SELECT message_id, mode,
        max(attempt) AS attempts,
        bool_or(attempt > 0 AND NOT is_answered) AS is_in_doubt,
        coalesce(max(settled_at) > coalesce(max(reopened_at), -1), false) AS is_settled
    FROM tried
    GROUP BY ALL
)
SELECT
    plan.file_row_number::UINTEGER AS plan_row,
    coalesce(touched.attempts, 0)::UINTEGER AS attempts,
    coalesce(touched.is_in_doubt, false) AS is_in_doubt
FROM plan
LEFT JOIN touched USING (message_id, mode)
WHERE NOT coalesce(touched.is_settled, false)
ORDER BY plan_row
