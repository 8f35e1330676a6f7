"""Pages that people see: checkout, 3-D Secure, and the page of a universe under `/sandbox/ui`.

To add one: a file with its blueprint in blueprints.py; under `/checkout/`, or named in wire/cross_site.py, it asks for
no secret key. Pages to read about this sandbox are in mockpsp/docs, and served by described/docs_pages.py.
"""
