"""Who must not be messaged: opt-out lists, answers that ask to leave, links to unsubscribe by."""
