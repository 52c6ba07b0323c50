-- 1 row per message that $provider accepted between $since and $until: its own id of it, the oldest first.
-- Reads: send_results (live ones).
SELECT provider_message_id
FROM send_results
WHERE provider = $provider AND outcome = 'accepted' AND provider_message_id IS NOT NULL
    AND decided_at BETWEEN $since AND $until
ORDER BY decided_at
