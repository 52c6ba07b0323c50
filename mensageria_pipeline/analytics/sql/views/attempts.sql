-- Each request made for a message. 1 row per message, mode and attempt.
--
-- campaign: partition key
SELECT * FROM read_parquet('{processed}/attempts/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
