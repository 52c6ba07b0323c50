"""raw_base → validated_recipients and rejected_recipients."""
