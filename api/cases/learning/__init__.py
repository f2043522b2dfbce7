"""Public courses and their exams: chosen, studied, sat, with results and the hours that follow once."""
