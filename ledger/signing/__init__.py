"""Who signs for the log: one signer that never says two things, and the keys that took each other's place."""
