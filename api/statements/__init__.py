"""A statement in the hands of others: as paper, as a sealed PDF, and what anybody may ask about it."""
