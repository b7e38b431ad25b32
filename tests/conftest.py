pytest_plugins = ["pytester", "rustfix_mem.testing.plugin"]
