-- The rows of one list that a person can correct: rejected, and no correction came in yet. 1 row per row, in its order.
-- Reads: rejected_recipients; raw (the list's rows).
SELECT rejected."column" AS fault, reason, suggestion, correction, left(rejected.intake, 12) || ':' || row_number AS origin, raw.*
FROM rejected_recipients AS rejected
JOIN raw ON raw._row_number = rejected.row_number
WHERE rejected.intake = $intake AND fate = 'rejected' AND superseded_by = ''
ORDER BY row_number
