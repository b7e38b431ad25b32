"""The command line: it reads options, calls the engine and prints. It decides nothing."""
