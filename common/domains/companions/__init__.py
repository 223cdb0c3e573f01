"""Services that clients talk to and nobody simulates here."""
