-- What became of each message. 1 row per message, mode and edition.
--
-- campaign: partition key
SELECT * FROM read_parquet('{processed}/send_results/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
