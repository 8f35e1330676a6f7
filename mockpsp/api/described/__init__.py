"""The API told: its endpoints and objects as tables, and the documents made from them."""
