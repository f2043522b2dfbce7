"""The keys of persons: one each, outside the log, under a master key, so that what they seal can be forgotten."""
