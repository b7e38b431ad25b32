"""A field that nothing fills, deleted with what only serves it."""
