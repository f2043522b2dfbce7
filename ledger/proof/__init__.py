"""PROOF: the Merkle tree over the leaves, and the open C2SP formats in which it leaves the house.

It knows bytes and nothing of events, stores or law, so that a sceptic can use it alone: the standard
library, one signature library (loaded only when a signature is made or checked) and `ledger.errors`.
`README.md` gives the formats.
"""
