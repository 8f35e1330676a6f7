"""The fastest of the comparable sandboxes, to measure beside: stripe-stateful-mock, from npm.

It keeps everything in memory and has no books, no webhooks and no file: what it answers is the bar all the same, since
it is what a developer would use instead. It is installed by its name into a folder of its own, and run from there.
"""

import shutil
import socket
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from tests.bench.interpreter import ROOT
from tests.bench.serving import Serving, running

NAME = "stripe-stateful-mock"
VERSION = "0.0.16"
AUTHORIZATION = "Bearer sk_test_bench"
FOLDER = ROOT / "build" / "peer"

_INSTALL_S = 180
_SCRIPT = Path("node_modules", NAME, "autostart.js")
_INSTALLED = Path("node_modules", NAME, "package.json")

#: What a charge and a refund of a part are asked for with, as forms, which is how Stripe's clients speak.
CHARGE: Mapping[str, object] = {
    "amount": 1000,
    "currency": "eur",
    "source": "tok_visa",
    "description": "Order 1001",
    "metadata[order]": "1001",
}
REFUND_AMOUNT = 400


def install() -> str:
    """Why there is no peer on this machine; empty once it is installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "npm is not on this machine"
    if f'"version": "{VERSION}"' in _text(FOLDER / _INSTALLED):
        return ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(FOLDER), f"{NAME}@{VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S)
    except subprocess.TimeoutExpired:
        return f"npm took more than {_INSTALL_S} s to install {NAME}"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return f"npm could not install {NAME}: {lines[0] if lines else f'exit code {done.returncode}'}"
    return ""


def serving() -> AbstractContextManager[Serving]:
    """The peer, once it answers."""
    port = _free_port()
    command = ["node", str(FOLDER / _SCRIPT)]
    return running(command, url=f"http://127.0.0.1:{port}", PORT=str(port), LOG_LEVEL="info")


def node_version() -> str:
    """Of the node that runs it."""
    return subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
