-- The rows of one list that a person can correct: rejected, and no correction came in yet. 1 row per row, in its order.
-- Reads: rejected_recipients; raw (the list's rows), whose own columns may have any name and come last.
SELECT
    rejected."column", if(getvariable('language') = 'en', rejected.reason_en, rejected.reason),
    suggestion_of(rejected.suggestion), rejected.correction,
    left(rejected.intake, 12) || ':' || rejected.row_number, raw.*
FROM rejected_recipients AS rejected
JOIN raw ON raw._row_number = rejected.row_number
WHERE rejected.intake = $intake AND rejected.fate = 'rejected' AND rejected.superseded_by = ''
ORDER BY rejected.row_number
