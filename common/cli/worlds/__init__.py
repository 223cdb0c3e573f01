"""Worlds as files: what a stack holds in words, made of a running one and turned into one by the real use cases."""
