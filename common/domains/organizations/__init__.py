"""Organizations with their members, collections, groups, policies and API keys."""
