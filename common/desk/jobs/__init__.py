"""The recurring jobs of the whole stack."""
