"""Where and how a growing collection is bounded."""
