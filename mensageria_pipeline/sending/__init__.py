"""messages → send_results, recorded in the ledger."""
