"""DOORS: HTTP, console, command line; clock, keys and settings are chosen here, once."""
