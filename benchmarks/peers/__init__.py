"""What our sending is measured beside, each in a process of its own."""
