"""What an app is set to: its time, and everything that is on."""
