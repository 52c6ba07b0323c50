"""What each provider takes and answers: one file each, in one shape."""
