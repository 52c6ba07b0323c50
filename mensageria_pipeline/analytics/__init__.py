"""send_results → campaign_metrics in data/warehouse.duckdb."""
