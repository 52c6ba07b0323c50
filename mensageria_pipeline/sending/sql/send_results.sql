-- 1 row per message of the plan in $mode, in the order of the plan.
-- Reads: plan (the messages table), journal (the lines of every shard), deliveries (what receipts say). Latency in ms,
-- instants in UTC.
WITH own_lines AS (
    SELECT * FROM journal WHERE mode = $mode
), deciding AS (
    SELECT * FROM own_lines
    WHERE event IN (
        'accepted', 'rejected', 'invalid_address', 'expired', 'cancelled', 'suppressed', 'reopened'
    )
    QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY position DESC) = 1
), latest AS (
    SELECT message_id, code FROM own_lines
    WHERE event <> 'attempting'
    QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY position DESC) = 1
), tried AS (
    SELECT message_id, attempt,
        min(at_us) FILTER (event = 'attempting') AS started_at,
        bool_or(event NOT IN ('attempting', 'unknown')) AS is_answered,
        bool_or(event = 'throttled') AS was_throttled
    FROM own_lines WHERE attempt > 0
    GROUP BY ALL
), counted AS (
    SELECT message_id,
        count(*) AS attempts,
        count(*) FILTER (was_throttled) AS throttled,
        min(started_at) AS first_attempt_at,
        bool_or(NOT is_answered) AS is_in_doubt
    FROM tried GROUP BY ALL
), settled AS (
    SELECT * FROM deciding WHERE event <> 'reopened'
)
SELECT
    plan.message_id, plan.mode, plan.edition, plan.provider, plan.channel, plan.person, plan.intake, plan.row_number,
    CASE
        WHEN settled.event IS NOT NULL THEN settled.event
        WHEN counted.is_in_doubt THEN 'unknown'
        ELSE 'pending'
    END AS outcome,
    coalesce(settled.code, latest.code) AS code,
    settled.provider_message_id,
    coalesce(counted.attempts, 0) AS attempts,
    coalesce(counted.throttled, 0) AS throttled,
    settled.latency_ms,
    make_timestamptz(counted.first_attempt_at) AS first_attempt_at,
    make_timestamptz(settled.at_us) AS decided_at,
    settled.cost,
    deliveries.delivery, deliveries.delivery_code, deliveries.delivery_at
FROM plan
LEFT JOIN settled USING (message_id)
LEFT JOIN latest USING (message_id)
LEFT JOIN counted USING (message_id)
LEFT JOIN deliveries ON deliveries.message_id = plan.message_id AND plan.mode = 'live'
WHERE plan.mode = $mode
ORDER BY plan.file_row_number
