"""Findings and the case desk on screens."""
