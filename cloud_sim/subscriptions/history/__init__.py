"""What a subscription has been charged so far."""
