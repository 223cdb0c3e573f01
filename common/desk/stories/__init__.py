"""Stories told on a running stack, over HTTP: incidents, which are staged, broken, seen, explained and repaired."""
