"""The workbench of each role: where everybody begins."""
