"""The subscription by the organization's own API key."""
