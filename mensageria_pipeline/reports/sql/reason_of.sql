-- Why a message had no success, as a sentence for people.
CREATE MACRO reason_of(outcome, code) AS CASE
    WHEN code = 'render_failed' THEN word('reason_render_failed')
    WHEN outcome IN ('rejected', 'invalid_address', 'expired') THEN word('reason_' || outcome)
    WHEN code IN ('opted_out', 'suppressed_by_list', 'forgotten') THEN word('reason_' || code)
    WHEN outcome IN ('suppressed', 'unknown', 'cancelled') THEN word('reason_' || outcome)
    ELSE word('reason_pending')
END
