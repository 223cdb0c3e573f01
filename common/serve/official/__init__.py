"""The official host names for any program that honours HTTPS_PROXY: they lead to the simulator, and no other does."""
