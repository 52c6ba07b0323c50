-- All campaigns at a glance. 1 row per campaign and mode; mode is null where no message was planned.
--
-- campaign: partition key
-- base_campaign: the campaign, without its occurrence
-- occurrence: due time of a recurring campaign (UTC); empty for others
-- mode: simulated or live
-- row_count: rows of all its files
-- planned: rows that became messages
-- rejected: rows that broke a rule and were not corrected since
-- duplicate: rows that repeat one of the same file
-- repeated: rows that repeat one of an earlier file
-- suppressed: rows whose address must not be messaged
-- messages: messages planned, of all editions
-- accepted: messages the provider took
-- total_failed: messages that failed for good
-- unknown: messages in doubt
-- pending: messages not sent yet
-- delivered: messages that reached a person, as far as receipts tell
-- bounced: messages whose address turned out not to exist, as receipts tell
-- success_rate: accepted / messages; null without messages
-- last_send_at: last outcome, UTC
-- is_complete: nothing pending and nothing in doubt
WITH fates AS (
    SELECT
        campaign,
        sum(row_count)::BIGINT AS row_count,
        coalesce(sum(row_count) FILTER (fate = 'planned'), 0)::BIGINT AS planned,
        coalesce(sum(row_count - superseded) FILTER (fate = 'rejected'), 0)::BIGINT AS rejected,
        coalesce(sum(row_count) FILTER (fate = 'duplicate'), 0)::BIGINT AS duplicate,
        coalesce(sum(row_count) FILTER (fate = 'repeated'), 0)::BIGINT AS repeated,
        coalesce(sum(row_count) FILTER (fate = 'suppressed'), 0)::BIGINT AS suppressed
    FROM row_fates
    GROUP BY ALL
), sends AS (
    SELECT
        campaign, mode,
        sum(messages)::BIGINT AS messages, sum(accepted)::BIGINT AS accepted, sum(total_failed)::BIGINT AS total_failed,
        sum(unknown)::BIGINT AS unknown, sum(pending)::BIGINT AS pending,
        sum(delivered)::BIGINT AS delivered, sum(bounced)::BIGINT AS bounced, max(last_send_at) AS last_send_at
    FROM campaign_metrics
    GROUP BY ALL
)
SELECT
    fates.campaign,
    split_part(fates.campaign, '--', 1) AS base_campaign,
    split_part(fates.campaign, '--', 2) AS occurrence,
    sends.mode,
    fates.row_count, fates.planned, fates.rejected, fates.duplicate, fates.repeated, fates.suppressed,
    coalesce(sends.messages, 0) AS messages,
    coalesce(sends.accepted, 0) AS accepted,
    coalesce(sends.total_failed, 0) AS total_failed,
    coalesce(sends.unknown, 0) AS unknown,
    coalesce(sends.pending, 0) AS pending,
    coalesce(sends.delivered, 0) AS delivered,
    coalesce(sends.bounced, 0) AS bounced,
    sends.accepted / nullif(sends.messages, 0) AS success_rate,
    sends.last_send_at,
    coalesce(sends.unknown + sends.pending = 0, false) AS is_complete
FROM fates
LEFT JOIN sends USING (campaign)
