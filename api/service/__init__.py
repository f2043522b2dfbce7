"""The HTTP service put together: every route and screen, upon one house."""
