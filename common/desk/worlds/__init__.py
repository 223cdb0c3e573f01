"""The world of the whole stack over HTTP: described as a file, and replaced by another one."""
