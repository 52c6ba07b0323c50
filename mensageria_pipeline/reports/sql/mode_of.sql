-- A mode in the words of people.
CREATE MACRO mode_of(mode) AS word('mode_' || mode)
