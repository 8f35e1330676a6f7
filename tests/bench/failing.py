"""The one thing that ends a measurement: what was measured is not what was meant."""


class Failed(Exception):
    """An answer that was no success, books that don't balance, a server that doesn't start; the message says which."""
