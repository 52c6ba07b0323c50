-- A delivery in the words of people.
CREATE MACRO delivery_of(delivery) AS word('delivery_' || delivery)
