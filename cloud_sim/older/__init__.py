"""What web vaults of earlier releases ask a cloud for on the pages of these flows, and newer clouds no longer have."""
