"""The event log as people and clients read it."""
