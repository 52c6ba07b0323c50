"""What is done about single people, across the stages: whom not to message, what is known of somebody, forgetting."""
