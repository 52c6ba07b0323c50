-- 1 row per provider, channel and mode: messages that would be sent. Those without a text are only recorded.
-- Reads: plan (the messages table, with file_row_number), chosen (plan_row).
SELECT plan.provider, plan.channel, plan.mode, count(*) AS messages
FROM plan
SEMI JOIN chosen ON chosen.plan_row = plan.file_row_number
WHERE plan.problem IS NULL
GROUP BY ALL
ORDER BY ALL
