"""FACTS: what happened, in order, and the proof of it. Imports none of ours."""
