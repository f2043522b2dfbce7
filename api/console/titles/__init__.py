"""Titles on screens: applied for, judged, taken away."""
