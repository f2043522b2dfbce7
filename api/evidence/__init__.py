"""Papers that were shown for a claim or of a class: kept by their digests, sealed, and told by their own bytes."""
