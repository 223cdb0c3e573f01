"""Simulated billing events."""
