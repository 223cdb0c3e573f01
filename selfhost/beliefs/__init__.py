"""What an instance believes, for who looks at both sides at once. Read only."""
