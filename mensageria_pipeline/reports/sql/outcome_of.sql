-- An outcome in the words of people.
CREATE MACRO outcome_of(outcome) AS word('result_' || outcome)
