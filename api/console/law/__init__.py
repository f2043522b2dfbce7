"""Rulebooks on screens: read, proposed, replayed; and where decisions and the law part."""
