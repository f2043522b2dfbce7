"""What whoever keeps a register does with it whole: backup, restore, a move, going on under a new name."""
