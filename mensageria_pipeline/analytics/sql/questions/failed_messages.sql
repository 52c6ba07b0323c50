-- The messages of one campaign that ended with one outcome and code, for people to look at. 1 row per message, as in
-- the file; $most at most. A null code is asked for as ''.
SELECT intake, row_number, person, provider, channel, outcome, code, attempts, decided_at, message_id
FROM send_results
WHERE campaign = $campaign AND mode = $mode AND outcome = $outcome AND coalesce(code, '') = $code
ORDER BY row_number, channel
LIMIT $most
