"""Witnesses over the network: being one for other ledgers, and asking those that this one has.

`folder` and `app` are a witness (`xueshi witness`), which needs no register; `asking`, `submitting` and `stamping` are
what the service does with its own checkpoints. `tests/witness/` shows it.
"""
