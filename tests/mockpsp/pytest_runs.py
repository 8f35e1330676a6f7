"""pytest in a process of its own, as somebody else's project runs it."""

import sys

#: Found by themselves, these plugins of our own tests take four times as long to import as all the rest.
_OURS_ALONE = ("schemathesis", "hypothesispytest", "respx")

#: The command; test_packaging.py runs pytest with whatever is installed.
PYTEST = [
    *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
    *(word for name in _OURS_ALONE for word in ("-p", f"no:{name}")),
]
