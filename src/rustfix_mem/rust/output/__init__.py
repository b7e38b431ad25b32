"""What processes print: whether it may be cut short, and the code that does so."""
