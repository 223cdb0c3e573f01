"""Getting in: registration, the token endpoint, devices, machine clients."""
