"""How changed code is written: as rustfmt would, with the comments and commas that belong."""
