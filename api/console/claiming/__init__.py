"""Claims on screens: filled in, tried, filed, queued, decided, put right."""
