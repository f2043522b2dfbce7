"""ANSWERS: what reading the events says, under the law of any date."""
