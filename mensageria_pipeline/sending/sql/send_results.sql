-- 1 row per message of the plan in $mode, in the order of the plan.
-- Reads: plan (the messages table), journal (the lines of every shard), message_states, deliveries (what receipts say).
-- Latency in ms, instants in UTC.
WITH own_lines AS (
    SELECT * FROM journal WHERE mode = $mode
), latest AS (
    SELECT message_id,
        arg_max_null(code, position) FILTER (event <> 'attempting') AS code,
        min(at_us) FILTER (event = 'attempting' AND attempt > 0) AS first_attempt_at
    FROM own_lines
    GROUP BY ALL
), settled AS (
    SELECT own_lines.* FROM own_lines
    JOIN message_states AS state ON state.message_id = own_lines.message_id AND state.mode = own_lines.mode
        AND state.settled_at = own_lines.position
)
SELECT
    plan.message_id, plan.mode, plan.edition, plan.provider, plan.channel, plan.person, plan.intake, plan.row_number,
    coalesce(state.outcome, 'pending') AS outcome,
    coalesce(settled.code, latest.code) AS code,
    settled.provider_message_id,
    coalesce(state.attempts, 0) AS attempts,
    coalesce(state.throttled, 0) AS throttled,
    settled.latency_ms,
    make_timestamptz(latest.first_attempt_at) AS first_attempt_at,
    make_timestamptz(settled.at_us) AS decided_at,
    settled.cost,
    deliveries.delivery, deliveries.delivery_code, deliveries.delivery_at
FROM plan
LEFT JOIN message_states AS state USING (message_id, mode)
LEFT JOIN settled USING (message_id)
LEFT JOIN latest USING (message_id)
LEFT JOIN deliveries ON deliveries.message_id = plan.message_id AND plan.mode = 'live'
WHERE plan.mode = $mode
ORDER BY plan.file_row_number
