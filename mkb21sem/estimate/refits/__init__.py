"""The same model fitted to many weighted versions of its sample at once."""
