"""The formats of lists, by their endings."""

DELIMITED = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
RECORDS = (".parquet", ".jsonl")
PLAIN = (*DELIMITED, *WORKBOOKS, *RECORDS)
PACKED = (".gz", ".zip")
EXTENSIONS = (*PLAIN, *PACKED)
