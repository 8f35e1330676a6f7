"""A payment, its money, and the facts that it is the fold of."""
