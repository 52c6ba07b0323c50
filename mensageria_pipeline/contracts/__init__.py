"""The shape of the data at each step. A leaf: it imports no stage, no Dagster, no dashboard."""
