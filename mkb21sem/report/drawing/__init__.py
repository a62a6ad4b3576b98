"""The path diagram: what it says, where everything stands, and how it is drawn."""
