-- 1 row per message that ended in one of $outcomes and may be tried again, in the order of the plan.
-- Reads: results (send_results of one mode). With $is_per_person a person gets one message on a channel: their
-- last one counts, and none where another may have reached them or still will.
SELECT message_id, outcome
FROM results
WHERE list_contains($outcomes, outcome) AND NOT ($is_per_person AND EXISTS (
    FROM results AS other
    WHERE other.person = results.person AND other.channel = results.channel
        AND other.message_id <> results.message_id
        AND (other.outcome IN ('accepted', 'unknown', 'pending') OR other.rowid > results.rowid)
))
ORDER BY rowid
