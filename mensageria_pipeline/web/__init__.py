"""The doors that browsers use: one guard for them, and Dagster's interface behind it."""
