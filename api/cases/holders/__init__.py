"""Holders of accounts: appointed and granted by the office above, let in, a second factor shown and set up."""
