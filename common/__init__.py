"""Vocabulary and plumbing shared by the simulated cloud and the self-hosted instance; imports neither."""
