-- Rejected rows whose correction came in with a later intake. 1 row per such row; `superseded_by` is intake:row.
-- A correction names its row (linha_original), whatever became of it, or is a planned row of the same person.
WITH fated AS (
    SELECT judged.position, intake, if(known_as = '', address, known_as) AS corrected_by, fate, fates.code
    FROM judged JOIN fates USING (position)
), found AS (
    SELECT corrections.original AS position, corrections.position AS by_position
    FROM corrections JOIN fated ON fated.position = corrections.original
    WHERE fate = 'rejected'
    UNION ALL
    SELECT rejected.position, planned.position
    FROM fated AS rejected JOIN fated AS planned USING (corrected_by)
    WHERE rejected.fate = 'rejected' AND rejected.code <> 'id_conflict' AND corrected_by <> ''
        AND planned.fate = 'planned' AND planned.intake > rejected.intake
), latest AS (
    SELECT position, max(by_position) AS by_position FROM found GROUP BY position
)
SELECT latest.position, intakes.content_hash || ':' || judged.row_number AS superseded_by
FROM latest
JOIN judged ON judged.position = latest.by_position
JOIN intakes ON intakes.number = judged.intake
ORDER BY latest.position
