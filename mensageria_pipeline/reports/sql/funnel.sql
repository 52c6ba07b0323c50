-- From rows to what arrived, of the live messages where there are any, of the latest edition. 1 row.
-- Reads: send_results, rejected_recipients, validated_recipients.
WITH shown AS (
    SELECT * FROM send_results
    WHERE mode = (SELECT min(mode) FROM send_results)
    QUALIFY edition = max(edition) OVER ()
), rows_taken AS (
    SELECT
        (SELECT count(DISTINCT (intake, row_number)) FROM validated_recipients) + (SELECT count(*) FROM rejected_recipients)
            AS row_count
)
SELECT
    (SELECT row_count FROM rows_taken) AS row_count,
    count(*) AS messages,
    count(*) FILTER (outcome = 'accepted') AS accepted,
    count(delivery) AS reported,
    count(*) FILTER (delivery IN ('delivered', 'read', 'complained')) AS delivered,
    any_value(mode) AS mode
FROM shown
