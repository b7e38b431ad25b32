"""Is it a cache that grows? The questions, and the evidence for each answer."""
