"""Who there is and where they belong: people, units, moves between them, a unit's view of its own."""
