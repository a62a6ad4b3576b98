"""What the answers say before any model."""
