-- 1 row per live message of which results or receipts say more than the journal does, by message_id.
-- Reads: results (send_results of every edition), receipts, plan (messages; may be empty), journal (with answers), message_states.
-- `outcome`: accepted, another final one, or unknown. A message that was receipted was accepted.
-- `is_settled`: the journal takes it for settled, as it was before somebody let it be tried again.
-- Nothing follows accepted; the other outcomes may come twice, before and after another try: those are told by their instant.
WITH receipted AS (
    SELECT message_id, min(received_at) AS received_at FROM receipts WHERE delivery <> 'unlisted' GROUP BY ALL
), said AS (
    SELECT message_id, outcome, code, provider_message_id, attempts, latency_ms, first_attempt_at, decided_at, cost,
        edition
    FROM results
    WHERE mode = 'live' AND outcome <> 'pending'
), best AS (
    SELECT
        message_id,
        CASE WHEN receipted.message_id IS NOT NULL AND coalesce(said.outcome, 'unknown') = 'unknown'
            THEN 'accepted' ELSE said.outcome END AS outcome,
        CASE WHEN receipted.message_id IS NOT NULL AND coalesce(said.outcome, 'unknown') = 'unknown'
            THEN 'by_receipt' ELSE said.code END AS code,
        said.provider_message_id,
        coalesce(said.attempts, 1) AS attempts,
        said.latency_ms,
        coalesce(said.first_attempt_at, receipted.received_at) AS first_attempt_at,
        coalesce(said.decided_at, receipted.received_at) AS decided_at,
        said.cost,
        coalesce(said.edition, plan.edition, 1) AS edition,
        plan.address_key
    FROM said
    FULL JOIN receipted USING (message_id)
    LEFT JOIN plan USING (message_id)
), known AS (
    SELECT message_id,
        list(DISTINCT event) AS events,
        list(event || ' ' || at_us) AS decisions
    FROM journal WHERE mode = 'live' GROUP BY ALL
)
SELECT best.*, state.settled_at IS NOT NULL AS is_settled
FROM best
LEFT JOIN known USING (message_id)
LEFT JOIN message_states AS state ON state.message_id = best.message_id AND state.mode = 'live'
WHERE CASE
    WHEN best.outcome = 'unknown' THEN coalesce(state.attempts, 0) < best.attempts
    WHEN best.outcome = 'accepted' OR best.decided_at IS NULL
        THEN NOT coalesce(list_contains(known.events, best.outcome), false)
    ELSE NOT coalesce(list_contains(known.decisions, best.outcome || ' ' || epoch_us(best.decided_at)), false)
END
ORDER BY message_id
