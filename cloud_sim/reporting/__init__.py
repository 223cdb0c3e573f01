"""What happened to an organization of the cloud, for people to read."""
