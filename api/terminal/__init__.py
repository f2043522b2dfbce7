"""The terminal: how commands are loaded, end, and are told in Chinese."""
