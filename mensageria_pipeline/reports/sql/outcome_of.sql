-- An outcome in the words of people.
CREATE MACRO outcome_of(outcome) AS CASE outcome
    WHEN 'accepted' THEN 'aceita' WHEN 'rejected' THEN 'recusada' WHEN 'invalid_address' THEN 'endereço inexistente'
    WHEN 'expired' THEN 'expirada' WHEN 'cancelled' THEN 'cancelada' WHEN 'suppressed' THEN 'suprimida'
    WHEN 'unknown' THEN 'em dúvida' ELSE 'pendente'
END
