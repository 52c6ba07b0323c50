"""Mensageria PUSH: campaigns from a spreadsheet in a folder to exactly recorded sends.

The flow, told the same way in folders, Dagster groups, tests and README:

    intake      input files                → raw_base
    recipients  raw_base                   → validated_recipients, rejected_recipients
    messages    validated_recipients       → messages
    sending     messages                   → send_results
    receipts    what comes back            → receipts, beside send_results
    analytics   send_results               → campaign_metrics (data/warehouse.duckdb)
    reports     campaign_metrics           → campaign_report

`contracts` says what the data looks like at each step; `defs` is the Dagster shell around the stages.
"""
