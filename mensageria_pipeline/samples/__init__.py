"""The sample campaign of `mensageria demo`."""
