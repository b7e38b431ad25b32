"""Findings and diffs as people and programs read them. Returns text; prints nothing."""
