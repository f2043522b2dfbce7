"""Records of other systems and ledgers: judged row by row, brought in once, followed, compared, told back."""
