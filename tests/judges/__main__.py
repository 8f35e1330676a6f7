"""`python -m tests.judges`: the PSPs' packages from npm judge every dialect that one of them knows.

Each gets a genuine call, one with a byte changed, one by another secret, and, where time is signed, a stale one. Ends
with 1 where a judge says anything but what it should; without npm it is passed over. The packages are
installed into build/judges, some 150 MB.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mockpsp.wallclock import now_s
from mockpsp.webhooks import dialects
from mockpsp.webhooks.dialect_bodies import Facts, Told, write
from mockpsp.webhooks.dialect_signing import Call

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "judges"
SCRIPT = Path(__file__).with_name("judge.cjs")
#: Package -> its version: what was seen to judge as written here.
PACKAGES = {
    "@adyen/api-library": "32.1.0",
    "braintree": "3.40.0",
    "gocardless-nodejs": "10.1.2",
    "mollie-api-typescript": "1.12.28",
    "razorpay": "2.9.8",
    "square": "46.0.0",
    "standardwebhooks": "1.1.1",
    "stripe": "23.1.0",
}
JUDGED = ("standard", "stripe", "gocardless", "razorpay", "square", "mollie", "adyen", "adyen-platform", "braintree")
URL = "http://127.0.0.1:9000/hook"
#: Any package's tolerance is five minutes; npm's standardwebhooks takes what is less than 301 s old.
LATE_S, STALE_S = 295, 305


class Case(NamedTuple):
    """A call, and whether a judge is to take it."""

    what: str
    is_genuine: bool
    call: dict[str, object]


def main() -> int:
    """Install what is missing, judge, and answer the exit code."""
    if shutil.which("npm") is None:
        print("skipped: npm is not here, so nobody judges the dialects")
        return 0
    install()
    cases = [case for dialect in JUDGED for case in cases_of(dialect)]
    done = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps([case.call for case in cases]),
        env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    wrong = 0
    for case, answer in zip(cases, json.loads(done.stdout), strict=True):
        is_right = (answer is True) == case.is_genuine
        wrong += not is_right
        print(f"{'ok   ' if is_right else 'WRONG'}  {case.what}: {'taken' if answer is True else answer}")
    return 1 if wrong else 0


def install() -> None:
    """The packages are there."""
    if all((FOLDER / "node_modules" / name / "package.json").exists() for name in PACKAGES):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), *wanted]
    subprocess.run(command, check=True)


def cases_of(dialect: str) -> Iterator[Case]:
    """What is shown to the judge of a dialect."""
    secret = dialects.secret_of(dialect, "whsec_" + "A" * 32)
    about = Facts("tr_1", "iv_1", 1000, "10.00", "EUR", "proj_1")
    body = write(dialect, Told("ev_1", "transaction.captured", 1_767_225_600_000, about.text()))

    def call(age_s: int = 0, *, checked_with: str = secret, changed: bool = False) -> dict[str, object]:
        signed = dialects.sign(dialect, (secret,), Call("ev_1", now_s() - age_s, body, URL))
        sent = signed.body.decode()
        if changed:
            old, new = {"braintree": ("payload=P", "payload=Q"), "adyen": ("CAPTURE", "CAPTURF")}.get(
                dialect, ("captured", "capturec")
            )
            assert old in sent
            sent = sent.replace(old, new)
        headers = {name.lower(): value for name, value in signed.headers.items()}
        return {"dialect": dialect, "headers": headers, "body": sent, "secret": checked_with, "url": URL}

    other = dialects.wrong_secret(dialect, secret)
    if dialect == "braintree":  # the same public key, or there is no signature to look at
        other = f"{secret.partition('|')[0]}|{other.partition('|')[2]}"
    yield Case(f"{dialect}, genuine", True, call())
    yield Case(f"{dialect}, a byte changed", False, call(changed=True))
    yield Case(f"{dialect}, another secret", False, call(checked_with=other))
    if dialects.DIALECTS[dialect].has_time:
        yield Case(f"{dialect}, {LATE_S} s old", True, call(LATE_S))
        yield Case(f"{dialect}, {STALE_S} s old", False, call(STALE_S))


if __name__ == "__main__":
    sys.exit(main())
