"""People, units, accounts and moves on screens; registering, and being forgotten."""
