"""Flask plumbing: app skeleton, errors, database session, policies, request bodies."""
