"""Courses and exams on screens: the catalogue, the player, seats, results, certificates."""
