"""Witnesses: whoever signs that a log has shown one history only, and what a log keeps of them.

Text: C2SP tlog-witness. `request` is what goes over the wire, `state` what a witness remembers, `witness` what it
answers; `fork` is how two histories of one log are proven.
`tests/witness/` shows it.
"""
