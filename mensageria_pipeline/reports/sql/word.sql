-- The word of a key, in the language of the report; null for a key that reports/words.py does not list.
CREATE MACRO word(key) AS getvariable('words')[key]
