"""The simulated network between the instance and the clouds, at the desk."""
