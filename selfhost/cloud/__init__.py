"""The only package that talks to the cloud: what is asked there, and what really failed when nothing came back."""
