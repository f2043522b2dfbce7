"""The whole log elsewhere: backups and restores, a move between databases, the archives of closed years, exports."""
