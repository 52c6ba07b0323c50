"""validated_recipients → messages."""
