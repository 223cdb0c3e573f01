"""Faults of the whole stack: those of every app, and those of the mail server."""
