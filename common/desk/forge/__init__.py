"""The forge of the clouds, for the whole stack."""
