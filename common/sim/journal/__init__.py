"""The journal: what crossed the wire, what the server made of it, and why it refused it (docs/simulation.md)."""
