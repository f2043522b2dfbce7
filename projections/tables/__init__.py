"""Tables of projections: rows that say between which positions of the log they hold, entered many at once."""
