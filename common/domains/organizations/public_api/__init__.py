"""The Public API: what an organization does by its own API key, above all a directory's import."""
