"""What developers run: documents that are written from the code."""
