"""The log of looks: who saw whose personal data and why, in a second log of the same make, and how long it is kept."""
