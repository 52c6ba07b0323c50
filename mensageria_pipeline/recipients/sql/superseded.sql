-- Rejected rows whose correction came in with a later intake. 1 row per such row; `corrected_by` is intake:row.
-- A correction names its row (linha_original), whatever became of it, or is a planned row of the same person.
WITH fated AS (
    SELECT judged.position, intake, row_number, if(known_as = '', address, known_as) AS corrected_by, origin, fate
    FROM judged JOIN fates USING (position)
), planned AS (
    SELECT * FROM fated WHERE fate = 'planned'
), open_rows AS (
    SELECT judged.position, intake, if(known_as = '', address, known_as) AS corrected_by, left(intakes.content_hash, 12) || ':' || row_number AS name
    FROM judged JOIN fates USING (position) JOIN intakes ON intakes.number = judged.intake
    WHERE fate = 'rejected' AND fates.code <> 'id_conflict'
), corrections AS (
    SELECT open_rows.position, fated.position AS by_position
    FROM open_rows JOIN fated ON fated.origin = open_rows.name
    WHERE fated.intake > open_rows.intake
    UNION ALL
    SELECT open_rows.position, planned.position
    FROM open_rows JOIN planned USING (corrected_by)
    WHERE corrected_by <> '' AND planned.intake > open_rows.intake
), latest AS (
    SELECT position, max(by_position) AS by_position FROM corrections GROUP BY position
)
SELECT latest.position, intakes.content_hash || ':' || judged.row_number AS superseded_by
FROM latest
JOIN judged ON judged.position = latest.by_position
JOIN intakes ON intakes.number = judged.intake
ORDER BY latest.position
