"""Deliveries by the ten thousand to receivers that fail, from a server that is killed again and again."""
