"""Acts larger than one append: rosters, imports, cases. Nothing of them is in force until they are closed, whole."""
