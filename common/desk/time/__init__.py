"""Time of the whole stack: the agenda over all apps, and going from moment to moment instead of jumping."""
