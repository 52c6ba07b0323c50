-- 1 row per provider and mode: messages of the plan that a run would send. Those without a text are only recorded.
-- Reads: plan (the messages table, with file_row_number), remaining (the result of remaining.sql).
SELECT plan.provider, plan.mode, count(*) AS messages
FROM plan
SEMI JOIN remaining ON remaining.plan_row = plan.file_row_number
WHERE plan.problem IS NULL
GROUP BY ALL
ORDER BY ALL
