-- Where the rows that others duplicate or repeat are. 1 row per row that is referred to.
SELECT judged.position, intake, row_number
FROM judged
WHERE position IN (SELECT refers_to FROM contested_fates)
ORDER BY position
