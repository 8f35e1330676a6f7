"""Moments, spans, months, zones, and the days on which banks are closed."""
