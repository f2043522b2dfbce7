"""Rulebooks: read, proposed, enacted by another hand, replayed beforehand, their effect announced."""
