-- Rows that share their person or their address, on one channel, with another row, and those that correct one: only
-- they can be duplicates.
-- 1 row per row that broke no rule, or only one about the message's content; in the order of arrival.
-- Keys are hashes of 64 bits: two that meet by chance only make a row be looked at once more.
WITH keyed AS (
    SELECT position, hash(channel, if(known_as = '', address, known_as)) AS person_key, hash(channel, address) AS address_key
    FROM judged
    WHERE address <> ''
), shared_persons AS (
    SELECT person_key FROM keyed GROUP BY person_key HAVING count(*) > 1
), shared_addresses AS (
    SELECT address_key FROM keyed GROUP BY address_key HAVING count(*) > 1
)
SELECT position
FROM keyed
WHERE person_key IN (FROM shared_persons)
    OR address_key IN (FROM shared_addresses)
    OR position IN (SELECT position FROM corrections)
    OR position IN (SELECT original FROM corrections)
ORDER BY position
