"""LAW: what the regulations make of the facts. Of ours it imports `ledger.vocabulary` only."""
