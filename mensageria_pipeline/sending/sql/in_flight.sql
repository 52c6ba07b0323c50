-- How many messages of the plan are in doubt only because an answer is awaited by the run that holds the campaign.
-- Reads: plan, journal, message_states. Parameters: mode, token: of the run's lease; its shards' are higher.
WITH under_way AS (
    SELECT message_id
    FROM journal
    WHERE mode = $mode AND attempt > 0
    GROUP BY message_id, attempt
    HAVING bool_and(event = 'attempting') AND max(position) >= $token * 1000000000000
)
SELECT count(DISTINCT message_id)
FROM under_way
SEMI JOIN plan USING (message_id)
SEMI JOIN (FROM message_states WHERE mode = $mode AND outcome = 'unknown') AS doubtful USING (message_id)
