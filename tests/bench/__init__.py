"""What mockpsp costs: `python -m tests.bench` measures it against running server processes. Start at `__main__`."""
