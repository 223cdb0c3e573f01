"""The self-hosted instance: consumes the simulated cloud over the real wire protocol."""
