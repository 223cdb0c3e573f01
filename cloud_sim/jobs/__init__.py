"""The recurring work of the cloud."""
