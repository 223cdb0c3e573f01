"""The whole stack in one process, for tests: both clouds, the instance and the desk, each on a port of its own."""
