"""What was done: the event log of organizations, and of each user."""
