"""The checker: re-reads every row of a ledger and believes none of what was derived from it. `checker` begins it."""
