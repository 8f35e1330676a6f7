"""Random flows over random PSPs, through the whole application: `python -m tests.fuzz --commands 100000`."""
