"""Installing, configuring, starting and updating a self-hosted instance: the twin of `bitwarden.sh` and its `bwdata`.

Nothing here runs a container. `python -m selfhost.deployment` is the program; `settings.load_effective` is what the
served app reads.
"""
