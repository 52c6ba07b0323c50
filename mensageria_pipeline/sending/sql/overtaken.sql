-- 1 row per message of the plan that is not to be sent any more: its person got, or gets, another one on the channel.
-- Reads: plan (the messages table, with file_row_number), message_states. Where each person gets one message.
-- A person has several where one of theirs had failed when a list brought another address. It may be open again, or
-- have arrived after all: then the others stay; of several open ones the last goes.
WITH crowd AS (
    SELECT plan.*, coalesce(state.outcome, 'pending') AS outcome
    FROM plan
    SEMI JOIN (
        SELECT person, channel, mode FROM plan GROUP BY ALL HAVING count(*) > 1
    ) AS several USING (person, channel, mode)
    LEFT JOIN message_states AS state USING (message_id, mode)
)
SELECT message_id, mode
FROM crowd
WHERE outcome = 'pending' AND EXISTS (
    FROM crowd AS other
    WHERE other.person = crowd.person AND other.channel = crowd.channel AND other.mode = crowd.mode
        AND other.message_id <> crowd.message_id
        AND (
            other.outcome IN ('accepted', 'unknown')
            OR (other.outcome = 'pending' AND other.file_row_number > crowd.file_row_number)
        )
)
ORDER BY file_row_number
