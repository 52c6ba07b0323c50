-- 1 row per message, mode and attempt of the journal. Attempt 0 holds decisions that took no request.
-- Reads: journal (message_id, mode, attempt, event, position), the macros is_final and is_answer.
-- `decided_at`: position of its last line that settles or reopens the message, null without one; `decision`: that event.
SELECT
    message_id, mode, attempt,
    bool_or(is_answer(event)) AS is_answered,
    bool_or(event = 'throttled') AS was_throttled,
    max(position) FILTER (is_final(event) OR event = 'reopened') AS decided_at,
    arg_max(event, position) FILTER (is_final(event) OR event = 'reopened') AS decision
FROM journal
GROUP BY ALL
