"""What is wrong with a real configuration, or risky, for its talk with the cloud. Reads files, asks nobody."""
