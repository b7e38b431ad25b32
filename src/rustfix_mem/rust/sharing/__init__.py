"""One allocation for many: whether a clone behind a new pointer is needed, and how it goes."""
