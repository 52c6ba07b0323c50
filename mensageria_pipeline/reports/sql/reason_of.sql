-- Why a message had no success, as a sentence for people.
CREATE MACRO reason_of(outcome, code) AS CASE
    WHEN code = 'render_failed' THEN 'O texto da mensagem não pôde ser montado com os valores da linha.'
    WHEN outcome = 'rejected' THEN 'O provedor recusou a mensagem.'
    WHEN outcome = 'invalid_address' THEN 'O endereço não existe mais.'
    WHEN outcome = 'expired' THEN 'O prazo acabou antes do envio.'
    WHEN outcome = 'suppressed' THEN 'O endereço não pode receber mensagens.'
    WHEN outcome = 'unknown' THEN 'Em dúvida: pode ter chegado.'
    WHEN outcome = 'cancelled' THEN 'O envio foi cancelado.'
    ELSE 'Ainda não enviada.'
END
