"""Snapshots of the whole stack over HTTP, and `reset`."""
