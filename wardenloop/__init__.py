"""wardenloop in other people's programs: the licensing loop of Bitwarden, both clouds and an instance, for tests.

This package is all that an installation adds to what can be imported. It starts the simulator as a process of its own
and talks HTTP to it; what it needs of others is `requests` and PyYAML.
"""
