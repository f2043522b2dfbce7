"""No, as it leaves the house: a status, a stable code, a Chinese sentence and what to do."""
