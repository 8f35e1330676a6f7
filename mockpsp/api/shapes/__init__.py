"""How objects look on the wire: plain dicts with every documented field, and what can be expanded on them."""
