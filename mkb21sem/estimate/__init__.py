"""What the claim implies, and the parameters that come closest."""
