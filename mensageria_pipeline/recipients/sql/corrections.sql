-- Rows that name the row they correct (linha_original), and that row: 1 row per correction.
-- A name counts where it is of a row of an earlier intake; whatever else a column of that name holds does not.
SELECT later.position, earlier.position AS original
FROM judged AS later
JOIN intakes ON left(intakes.content_hash, 12) = split_part(later.origin, ':', 1)
JOIN judged AS earlier
    ON earlier.intake = intakes.number AND earlier.row_number = try_cast(split_part(later.origin, ':', 2) AS BIGINT)
WHERE later.origin <> '' AND earlier.intake < later.intake
