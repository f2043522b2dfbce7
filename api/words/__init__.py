"""Answers in Chinese words: in columns, of a year, of a finding."""
