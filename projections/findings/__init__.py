"""Findings: what patterns of falsified hours show in the log's facts. A detector proposes; a person decides."""
