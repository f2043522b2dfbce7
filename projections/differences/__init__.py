"""Where what was decided and what the law says part: of one person, of everyone, under any axes, as a queue."""
