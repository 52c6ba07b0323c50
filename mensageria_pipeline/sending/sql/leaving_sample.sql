-- The first $count messages of each provider and channel among the chosen, for what a message costs on average.
-- 1 row per message: plan_row, in the order of the plan.
-- Reads: plan (the messages table, with file_row_number), chosen (plan_row).
SELECT plan.file_row_number AS plan_row
FROM plan
SEMI JOIN chosen ON chosen.plan_row = plan.file_row_number
WHERE plan.problem IS NULL
QUALIFY row_number() OVER (PARTITION BY plan.provider, plan.channel ORDER BY plan.file_row_number) <= $count
ORDER BY plan_row
