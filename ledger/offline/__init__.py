"""Files that leave the house, and the verifier that believes none of them. `verify` begins it; no ledger is needed."""
