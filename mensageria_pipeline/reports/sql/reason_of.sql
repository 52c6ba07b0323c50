-- Why a message had no success, as a sentence for people.
CREATE MACRO reason_of(outcome, code) AS CASE
    WHEN code = 'render_failed' THEN 'O texto da mensagem não pôde ser montado com os valores da linha.'
    WHEN outcome = 'rejected' THEN 'O provedor recusou a mensagem.'
    WHEN outcome = 'invalid_address' THEN 'O endereço não existe mais.'
    WHEN outcome = 'expired' THEN 'O prazo acabou antes do envio.'
    WHEN code = 'opted_out' THEN 'A pessoa pediu para não receber mensagens.'
    WHEN code = 'suppressed_by_list' THEN 'O endereço ou a pessoa está em uma lista de supressão.'
    WHEN code = 'forgotten' THEN 'A pessoa pediu para ter os seus dados apagados.'
    WHEN outcome = 'suppressed' THEN 'O provedor informou que este endereço não existe mais.'
    WHEN outcome = 'unknown' THEN 'Em dúvida: pode ter chegado.'
    WHEN outcome = 'cancelled' THEN 'O envio foi cancelado.'
    ELSE 'Ainda não enviada.'
END
