"""Trainings: plans and classes filed, rosters judged and registered, cards."""
