"""Recurring jobs on the injected clock: when they fall due, which process claims a run, and what became of it."""
