-- The campaign at a glance. 1 row per figure, in the order in which people ask.
-- Reads: row_fates, outcomes_by_code, campaign_metrics, send_results; the macros word, mode_of and delivery_of.
WITH fates AS (
    SELECT fate, sum(row_count - superseded)::BIGINT AS row_count FROM row_fates GROUP BY fate
    UNION ALL
    SELECT 'corrected', sum(superseded)::BIGINT FROM row_fates
), sent AS (
    SELECT *, ' (' || mode_of(mode) || ', ' || word('figure_edition') || ' ' || edition || ')' AS of_edition
    FROM outcomes_by_code
), figures AS (
    SELECT word('figure_rows') AS indicador, sum(row_count)::BIGINT AS quantidade, 1 AS position FROM fates
    UNION ALL
    SELECT word('figure_rows_' || fate), row_count, CASE fate WHEN 'planned' THEN 2 ELSE 3 END
    FROM fates WHERE row_count > 0
    UNION ALL
    SELECT word('figure_messages_' || outcome) || of_edition, sum(messages)::BIGINT, 5
    FROM sent GROUP BY outcome, of_edition
    UNION ALL
    SELECT word('figure_attempts') || of_edition, sum(attempts)::BIGINT, 6 FROM sent GROUP BY of_edition
    UNION ALL
    SELECT word('figure_receipts') || ': ' || delivery_of(delivery), count(*), 7
    FROM send_results WHERE delivery IS NOT NULL AND delivery <> 'unlisted' GROUP BY delivery
)
SELECT indicador, quantidade FROM figures ORDER BY position, indicador
