"""Groups of an organization's members."""
