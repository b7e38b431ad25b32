"""Bounds that people wrote, or left to a library: how large, for how long, and who else says so."""
