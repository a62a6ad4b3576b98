"""Whether a verdict survives other defensible choices."""
