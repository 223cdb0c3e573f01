"""The page of doctor: `/doctor`."""
