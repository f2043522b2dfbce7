"""Use cases: what may be asked of the house, one module a noun. They know no HTTP; doors translate."""
