-- The rows of one campaign that were refused for one reason, for people to look at. 1 row per row, as in the file; $most
-- at most.
SELECT row_number, file_name, person, channel, "column", value_masked, reason, suggestion
FROM rejected_recipients
WHERE campaign = $campaign AND fate = $fate AND code = $code AND superseded_by = ''
ORDER BY file_name, row_number
LIMIT $most
