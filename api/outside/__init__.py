"""Programs and lists of the installation's own that are asked: a provider, a scanner, breached passwords."""
