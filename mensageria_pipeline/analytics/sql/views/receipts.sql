-- What came back after a provider took a message: each report, kept once. 1 row per report; several of one message are usual.
--
-- campaign: partition key
SELECT * FROM read_parquet('{processed}/receipts/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
