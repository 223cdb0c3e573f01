"""Organizations that a provider manages or resells: taking them on, letting them go, under `/_sim`."""
