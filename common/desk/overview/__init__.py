"""What the whole stack is set to."""
