"""Many requests at once, each answered as it would be alone."""
