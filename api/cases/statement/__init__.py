"""Statements: handed out, with the facts that a stranger needs and the page that verifies them."""
