"""What comes back: reports of providers and answers of people → receipts beside send_results, and suppressions."""
