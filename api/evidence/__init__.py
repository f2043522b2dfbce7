"""Papers that were shown for a claim: kept by their digests, sealed, and told by their own bytes."""
