"""Where a payer who has to pass 3-D Secure is sent: the address of the page, and the word they come back with.

Browsers and apps load the page of a `fingerprint` out of sight, and come back by themselves: it asks nobody anything.
A server is told of every step by `redirect`, for it has nothing but an address to send its payer to.
"""

import base64
import hashlib
import json
from typing import Any

from mockpsp.api.requests.way_back import with_query
from mockpsp.api.wire import public, public_address
from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.payments.payment import Challenge, Payment
from mockpsp.engine.gateways import DEFAULT_GATEWAY, configuration_id
from mockpsp.engine.universes import UniverseTx

_PREFIX = "gway_req_"
#: In the page's query: that it is loaded out of sight, and has to go on by itself.
STEP, FINGERPRINT = "step", "fingerprint"
_TIMED_OUT = "threeDS2FingerprintTimeout"
#: Browsers write what they know of the device as a form has it: the name, and JSON.
_FORM_FIELD = "threeDSMethodData="


def customer_action(tx: UniverseTx, payment: Payment, kind: str = "redirect") -> dict[str, Any] | None:
    """What the payer has to do before the payment goes on; None: nothing."""
    if not payment.is_challenged:
        return None
    address = page_url(tx, payment)
    is_out_of_sight = tx.is_public and payment.challenge is Challenge.FINGERPRINT and not public.is_on_a_page()
    if kind == "redirect" and is_out_of_sight:
        kind, address = "fingerprint", f"{address}?{STEP}={FINGERPRINT}"
    return {"type": kind, "value": address, "metadata": None}


def page_url(tx: UniverseTx, payment: Payment) -> str:
    """The page of the payment's challenge, on the host the caller reached us at."""
    invoice = tx.id("iv_", payment.invoice_seq)
    return public_address.page_url(
        f"checkout/{tx.project.id}/{invoice}/three-d-s/{secret_id(tx, payment.challenge_seq)}"
    )


def secret_id(tx: UniverseTx, challenge_seq: int) -> str:
    """The id of a challenge: the same each time, and known only to whom it was told."""
    return hashlib.blake2b(f"three-d-s:{challenge_seq}".encode(), key=tx.key, digest_size=20).hexdigest()


def return_url(tx: UniverseTx, payment: Payment, url: str, trans_status: str) -> str:
    """The merchant's address with `token`: a gateway request that says how the challenge ended."""
    return with_query(url, token=answer(tx, payment, trans_status))


def answer(tx: UniverseTx, payment: Payment, trans_status: str) -> str:
    """A gateway request that says how the challenge ended."""
    return _written(tx, payment, {"transStatus": trans_status})


def fingerprinted(tx: UniverseTx, payment: Payment) -> str:
    """A gateway request that says that the device was looked at."""
    return _written(tx, payment, {_TIMED_OUT: False})


def _written(tx: UniverseTx, payment: Payment, what: dict[str, Any]) -> str:
    said = {
        "gateway_configuration_id": configuration_id(tx, payment.gateway or DEFAULT_GATEWAY),
        "method": "POST",
        "url": "",
        "headers": {},
        "body": json.dumps(what),
    }
    return _PREFIX + base64.b64encode(json.dumps(said, separators=(",", ":")).encode()).decode()


def command_for(said: dict[str, Any]) -> Command:
    """The command that an answer of 3-D Secure is."""
    if "transStatus" in said:
        return commands.PassChallenge() if said["transStatus"] in ("Y", "A") else commands.FailChallenge()
    return commands.FingerprintDevice(is_complete=not said.get(_TIMED_OUT))


def answers(said: dict[str, Any], payment: Payment) -> bool:
    """Whether what was said is about the step that the payment waits for; that of a step before changes nothing."""
    return payment.is_challenged and ("transStatus" in said or payment.challenge is Challenge.FINGERPRINT)


def parse_challenge_answer(source: str | None) -> dict[str, Any] | None:
    """What a gateway request says of 3-D Secure; None: it is about something else, or none at all.

    Mobile clients send nothing but a `body`, browsers a whole request.
    """
    if source is None or not source.startswith(_PREFIX):
        return None
    try:
        found = json.loads(base64.b64decode(source.removeprefix(_PREFIX), validate=True))
        said = json.loads(found["body"].removeprefix(_FORM_FIELD))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(said, dict) or not said:
        return None
    is_known = "transStatus" in said or _TIMED_OUT in said or "url" not in found
    return said if is_known else None
