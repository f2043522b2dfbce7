"""Timelines, events, what entries share, and who looked, on screens."""
