"""Investigations: findings, cases, acts upon many entries, notices, and the sealed bundle."""
