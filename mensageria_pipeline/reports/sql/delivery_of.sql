-- A delivery in the words of people.
CREATE MACRO delivery_of(delivery) AS CASE delivery
    WHEN 'delayed' THEN 'atrasada' WHEN 'sent' THEN 'repassada' WHEN 'delivered' THEN 'entregue' WHEN 'read' THEN 'lida'
    WHEN 'undelivered' THEN 'não entregue' WHEN 'bounced' THEN 'devolvida' WHEN 'complained' THEN 'marcada como spam'
END
