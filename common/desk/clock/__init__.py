"""The clocks of all apps through one door: standing still, going on, and one that is ahead."""
