"""Public clients: browsers and apps, which know the project id and no secret key.

They may call the routes of `_OPEN` and no other, in a universe that a call with its secret key opened before. About one
invoice they may show its client secret (`x-processout-client-secret`), which the server's own calls receive. Pages of
any origin may make these calls. What they read names no customer, and their idempotency keys are their own. To open a
route: a row in `_OPEN`.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from flask import Response

from mockpsp.api.wire.request import Request, current
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import dump_bytes, load
from mockpsp.engine.universes import UniverseTx

CLIENT_SECRET = "x-processout-client-secret"

#: Where the pages are that customers meet; their addresses are all that is known there.
PAGES = "/checkout/"
#: (method, path) that needs no secret key -> whether it needs the invoice's client secret instead.
_OPEN: Mapping[tuple[str, str], bool] = {
    ("POST", "/cards"): False,
    ("PUT", "/cards/{id}"): False,
    ("GET", "/iins/{id}"): False,
    ("GET", "/gateway-configurations"): False,
    ("GET", "/gateway-configurations/{id}"): False,
    ("GET", "/invoices/{id}"): True,
    ("POST", "/invoices/{id}/authorize"): False,
    ("POST", "/invoices/{id}/capture"): False,
    ("POST", "/invoices/{id}/increment_authorization"): False,
    ("POST", "/invoices/{id}/three-d-s"): False,
    ("POST", "/invoices/{id}/native-payment"): False,
    ("GET", "/invoices/{id}/native-payment/{id}"): False,
    ("GET", "/invoices/{id}/apm-payment"): False,
    ("POST", "/invoices/{id}/apm-payment"): False,
    ("POST", "/apm-payments"): False,
    ("POST", "/customers/{id}/apm-tokens/{id}/tokenize"): False,
    ("POST", "/telemetry"): False,
    ("GET", "/applepay/available"): False,
    ("POST", "/applepay/sessions"): False,
    ("GET", "/installment-plans/active"): False,
    ("PUT", "/customers/{id}/tokens/{id}"): False,
    ("DELETE", "/customers/{id}/tokens/{id}"): True,
}
#: States of a native payment of the newer generation that has not come to an end.
_UNDECIDED = ("NEXT_STEP_REQUIRED", "PENDING")
#: What they may have expanded; everything else could show them who a customer is, or what a server alone may know.
EXPANSIONS = ("gateway", "operations", "payment_methods", "transaction", "transaction.operations")
#: Before the idempotency keys of public calls: no header holds a line end, so no key of the server's is one of theirs.
_OWN_KEYS = "public\n"
#: The views whose answer about an invoice carries its client secret.
_GIVE_CLIENT_SECRET = ("invoices.create_invoice", "invoices.fetch_invoice")
_ID = re.compile(r"<[^>]+>")
#: What a browser may be told to send: header names as HTTP spells them.
_HEADER_NAMES = re.compile(r"[A-Za-z0-9-]{1,60}(\s*,\s*[A-Za-z0-9-]{1,60}){0,40}")
_EXPOSED = f"{CLIENT_SECRET}, x-ratelimit, x-ratelimit-remaining, retry-after"


def is_open(method: str) -> bool:
    """Whether this request's path, called by this method, needs no secret key."""
    return (method, _path()) in _OPEN


def opens(method: str, path: str) -> bool:
    """Whether a path, with `{id}` for each id, needs no secret key when called by this method."""
    return (method, path) in _OPEN


def is_public_call() -> bool:
    """Whether the request that is being answered names a project and no secret, on a route that allows it."""
    return is_public(current())


def is_public(request: Request) -> bool:
    """Whether a request names a project and no secret, on a route that allows it."""
    found = request.is_public
    if found is None:
        login = request.login
        found = login is not None and login[0] != "" and not login[1] and is_open(request.method)
        request.is_public = found
    return found


def is_on_a_page() -> bool:
    """Whether a customer's page of this server asks, by a form of its own."""
    return current().path.startswith(PAGES)


def idempotency_key(tx: UniverseTx, key: str) -> str:
    """A key as it is kept: public callers have keys of their own, and can neither use up nor repeat the server's."""
    return _OWN_KEYS + key if tx.is_public else key


def guard_client_secret(tx: UniverseTx, invoice_seq: int) -> None:
    """Refuse (401) a public call about an invoice that shows another client secret than the invoice's.

    Reading one demands it. Paying one does not: many pages are handed nothing but the invoice's id.
    """
    if not tx.is_public:
        return
    request = current()
    if is_on_a_page():
        return
    shown = request.headers.get(CLIENT_SECRET)
    if not shown and not _OPEN[request.method, _path()]:
        return
    if not hmac.compare_digest(client_secret(tx, invoice_seq).encode(), (shown or "").encode()):
        what = "is not this invoice's" if shown else "is missing, and so is the secret key"
        raise Refused("request.authentication.invalid", f"the header {CLIENT_SECRET} {what}", 401)


def guard_customers_secret(tx: UniverseTx, invoice_seqs: Iterable[int]) -> None:
    """Refuse (401) a public call about a customer that shows no client secret of one of these, their invoices."""
    if not tx.is_public:
        return
    shown = current().headers.get(CLIENT_SECRET, "").encode()
    if not any(hmac.compare_digest(client_secret(tx, seq).encode(), shown) for seq in invoice_seqs):
        what = "is that of none of this customer's last invoices" if shown else "is missing, and so is the secret key"
        raise Refused("request.authentication.invalid", f"the header {CLIENT_SECRET} {what}", 401)


def client_secret(tx: UniverseTx, invoice_seq: int) -> str:
    """The client secret of an invoice: the same each time, another for each invoice and universe."""
    text = f"client-secret:{invoice_seq}".encode()
    return hashlib.blake2b(text, key=tx.key, digest_size=24).hexdigest()


def add_client_secret(tx: UniverseTx, response: Response) -> Response:
    """Add the invoice's client secret for the server's own calls, and what browsers read of an answer to theirs."""
    if current().endpoint in _GIVE_CLIENT_SECRET and response.status_code == 200:
        seq = tx.seq("iv_", load(response.get_data())["invoice"]["id"])
        assert seq is not None
        response.headers[CLIENT_SECRET] = client_secret(tx, seq)
    return tell_outcome(response) if tx.is_public else response


def tell_outcome(response: Response) -> Response:
    """Add `outcome` to the envelope (success, failed or pending), and take away what tells who buys."""
    body = load(response.get_data())
    for transaction in (body.get("transaction"), (body.get("invoice") or {}).get("transaction")):
        if transaction:
            transaction |= {"buyer": dict.fromkeys(transaction["buyer"], ""), "external_details": None}
    status = (body.get("transaction") or {}).get("status")
    is_pending = "customer_action" in body or status == "pending" or body.get("state") in _UNDECIDED
    outcome = "pending" if is_pending else "success" if body["success"] else "failed"
    response.set_data(dump_bytes({**body, "outcome": outcome}))
    return response


def allow_origins(response: Response) -> Response:
    """Let pages of any origin make the open calls and read the answers; no other route answers a preflight."""
    request = current()
    if "HTTP_ORIGIN" not in request.environ:
        return response
    asked = request.headers.get("Access-Control-Request-Method") if request.method == "OPTIONS" else None
    if not is_open(asked or request.method):
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    if asked:
        path = _path()
        response.headers["Access-Control-Allow-Methods"] = ", ".join(m for m, p in _OPEN if p == path)
        response.headers["Access-Control-Max-Age"] = "600"
        names = request.headers.get("Access-Control-Request-Headers", "")
        if _HEADER_NAMES.fullmatch(names):
            response.headers["Access-Control-Allow-Headers"] = names
    return response


def _path() -> str:
    """The path of the route that matched, with {id} for each of its ids; "" when none did."""
    rule = current().url_rule
    return _template(rule.rule) if rule is not None else ""


@lru_cache(512)
def _template(rule: str) -> str:
    return _ID.sub("{id}", rule)
