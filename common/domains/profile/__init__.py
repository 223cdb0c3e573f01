"""What a client is told about its user, and the end of an account: whatever needs account, organizations and vault."""
