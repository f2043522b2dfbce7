"""Titles: applied for with what proves each part, assessed, granted, and the right to them taken away."""
