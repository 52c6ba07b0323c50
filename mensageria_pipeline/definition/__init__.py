"""A campaign's YAML: its model, how it is read and what it is told when it is wrong."""
