-- Rows that became no message. 1 row per fate and code, the most frequent first. Reads: rejected_recipients.
SELECT fate, code, count(*) AS row_count
FROM rejected_recipients
WHERE superseded_by = ''
GROUP BY ALL
ORDER BY row_count DESC, fate, code
