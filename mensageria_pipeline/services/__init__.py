"""What the command line, the dashboard and Dagster share."""
