"""Its folder's kits are found by the tests of every folder below."""
