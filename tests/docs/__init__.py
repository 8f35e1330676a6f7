"""The README and the pages of `mockpsp/docs`: what in them is made from the code (`python -m tests.docs` writes it).

pages.py has the table of all generators; the files beside it make the lines, a subject each. What is not made is run
or looked up: tests/rules/test_pages.py and test_examples.py.
"""
