"""A claim's whole way: drafted, tried, submitted, handed on, reviewed, many at once, appealed against."""
