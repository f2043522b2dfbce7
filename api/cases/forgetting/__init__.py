"""Somebody is forgotten: proposed, weighed, left to rest, done by another hand; and what goes after the key."""
