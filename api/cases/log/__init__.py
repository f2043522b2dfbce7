"""The log as people ask it: events, threads and their proofs, the feed, who looked at whom."""
