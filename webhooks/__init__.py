"""Signed, retried webhook delivery over an SQLite outbox; knows nothing of payments."""
