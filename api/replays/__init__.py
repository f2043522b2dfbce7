"""Replays that were asked for: in a child process that rests while others are busy, and their report as a page."""
