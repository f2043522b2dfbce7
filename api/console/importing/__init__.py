"""What other systems and ledgers sent, on screens: tried, taken over, told back, compared."""
