"""Statics: freeing what one holds, and making one with what the standard library has."""
