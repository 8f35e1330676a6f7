"""Judges that are no Python: packages from npm, run by `make prove`."""
