"""The completeness map: which events are whose, under a root that the log commits to, kept in a file at hand."""
