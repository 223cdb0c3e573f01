"""What a person buys for oneself."""
