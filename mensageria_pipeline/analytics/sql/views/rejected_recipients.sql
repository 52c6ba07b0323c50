-- Who was not messaged, and why. 1 row per row of a file that is not planned.
--
-- campaign: partition key
SELECT * FROM read_parquet('{processed}/rejected_recipients/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
