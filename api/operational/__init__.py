"""Operational tables: who may knock, what is being typed, which jobs run. Not events, not proven, and short of life."""
