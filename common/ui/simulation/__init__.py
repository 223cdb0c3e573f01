"""The clock in the bar of every page, and the panel behind it: time is moved from wherever one is."""
