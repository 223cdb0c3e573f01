"""Secrets Manager beside the vault: taken up, grown and given back after the plan was bought."""
