"""The guided run: every step of the documentation on licences, performed over HTTP against a running stack."""
