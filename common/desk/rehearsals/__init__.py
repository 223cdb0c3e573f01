"""Rehearsals: what an administrator will do on the real server, done here first, step by step, and told as a report."""
