"""The configuration of a self-hosted server as people write it: env files, Bitwarden lite, Helm values, compose."""
