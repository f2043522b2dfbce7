"""What is sent and what is answered, one module a noun. Requests refuse what they do not name.

`tests/api/test_openapi.py` compares these with the committed description; the tests of each noun send and read them.
"""
