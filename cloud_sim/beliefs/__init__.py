"""What a region of the cloud believes, for who looks at both sides at once. Read only."""
