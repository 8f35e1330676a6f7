"""`python -m mockpsp` is the command `mockpsp`."""

from mockpsp.cli import main

main()
