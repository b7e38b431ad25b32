"""The codemods of rustfix-mem, one module each; they import `rustfix_mem` and nothing deeper."""
