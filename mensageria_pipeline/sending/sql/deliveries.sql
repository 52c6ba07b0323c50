-- 1 row per message that receipts say something of: the furthest of them, the earliest of equals.
-- Reads: receipts. $order: deliveries from the least to the furthest. Instants in UTC.
SELECT message_id, delivery, code AS delivery_code, coalesce(happened_at, received_at) AS delivery_at
FROM receipts
WHERE list_position($order, delivery) IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY message_id ORDER BY list_position($order, delivery) DESC, coalesce(happened_at, received_at), event_id
) = 1
