"""Input files → raw_base."""
