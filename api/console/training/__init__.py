"""Plans and classes on screens: forms with rows, what the law makes of them, rosters, cards."""
