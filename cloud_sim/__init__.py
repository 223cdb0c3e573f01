"""The simulated Bitwarden cloud: one app per region."""
