"""Manifests: what they say, and how they are changed as text, in the style that is there."""
