"""Connections and turns: requests are read by epoll and answered in the order that their lanes give them."""
