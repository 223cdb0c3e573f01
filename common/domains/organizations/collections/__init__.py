"""Collections and groups of an organization."""
