"""The file of one projection: made, opened, read, changed in one transaction with its position, made anew."""
