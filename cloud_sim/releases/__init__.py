"""The release that this cloud behaves as."""
