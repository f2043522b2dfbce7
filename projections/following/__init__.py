"""Following the log: one process of a host keeps every file up to date, and another stands by to take over."""
