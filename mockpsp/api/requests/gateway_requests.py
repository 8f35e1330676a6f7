"""Gateway requests: what a browser brings back from a payment method, as a source.

The text is `gway_req_` and base64 of a JSON object that repeats the request the method sent the customer back with. Its
keys' order, their spacing and its headers differ by client and mean nothing; the configuration says which gateway, the
`token` in the url's query what came of it:

    test-valid                  the customer paid
    test-declined               declined, gateway.declined
    test-card.do-not-honor      declined, with that code; any decline code goes
    test-three-d-s              3-D Secure has to be passed first
    test-pending                the method says later that the customer paid
    test-pending-declined       the method says later that it is declined; test-pending- and any decline code goes

A url whose query holds the token alone may be used again, as the SDKs' own tests do on every run; one that says more,
as the pages of a checkout write it, is good for one payment.
"""

import base64
import binascii
import hashlib
import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from mockpsp.domain.commands import GatewayRequest
from mockpsp.domain.text.card_numbers import is_card_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources

PREFIX = "gway_req_"
#: What stands behind the ids in the address of a method's page.
_PAGES = ("native", "redirect")
#: Longer ones are no gateway requests of any client.
MAX_LENGTH = 16_384
_WORD = "test-"
_PENDING = "test-pending"
#: Token of the url -> decline; None: none. Other tokens that begin with `test-` name a decline code.
_OUTCOMES: dict[str, str | None] = {
    "test-valid": None,
    "test-declined": "gateway.declined",
    "test-three-d-s": "card.needs-authentication",
    _PENDING: None,
}


def read(tx: UniverseTx, text: str) -> GatewayRequest:
    """The request in a source's text; Refused with what is wrong with it."""
    found = _decoded(text)
    gateway, account = _gateway(tx, found.get("gateway_configuration_id"))
    query = _query(found.get("url"))
    token = _token(query)
    # Not the whole url: it names a server's port, which means nothing.
    digest = None if len(query) == 1 else _digest([gateway, query, found.get("body")])
    is_pending = token.startswith(_PENDING)
    answered = _WORD + token.removeprefix(f"{_PENDING}-") if is_pending and token != _PENDING else token
    return GatewayRequest(gateway, token, _error_code(tx, token, answered), is_pending, digest, account)


def write(configuration_id: str, url: str) -> str:
    """The source of a browser that came back to a url, as the browser SDK writes it."""
    found = {"gateway_configuration_id": configuration_id, "method": "GET", "url": url, "headers": {}, "body": ""}
    return PREFIX + base64.b64encode(json.dumps(found, separators=(",", ":")).encode()).decode()


def address_of(text: str) -> str:
    """The url in a source's text that `read` has read: the page that the customer came back from."""
    return str(_decoded(text)["url"])


def named(tx: UniverseTx, text: str) -> list[str]:
    """The ids that a page of this server's was about where it wrote the request: an invoice, or customer and token.

    None of an address of anybody else's, which is good for whatever it is brought to.
    """
    path = urlsplit(address_of(text)).path.strip("/").split("/")
    end = next((index for index, part in enumerate(path) if part in _PAGES), 0)
    return path[2:end] if path[:2] == ["checkout", tx.project.id] else []


def guard_page(tx: UniverseTx, text: str, own_id: str) -> None:
    """Refuse a request that another one's page wrote: what a customer said there is no answer about this one.

    One that was used says so itself, wherever it is brought to.
    """
    about, digest = named(tx, text), read(tx, text).digest
    if digest is not None and resources.is_gateway_request_used(tx.conn, tx.project.no, digest):
        return
    if about and about[-1].partition("_")[0] == own_id.partition("_")[0] and about[-1] != own_id:
        _refuse(f"comes from the page of {about[-1][:60]}, and says nothing of {own_id}")


def _decoded(text: str) -> dict[str, Any]:
    if len(text) > MAX_LENGTH:
        _refuse(f"has {len(text)} characters; at most {MAX_LENGTH} go")
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        _refuse("what follows gway_req_ is not standard base64 (with padding) of UTF-8 text")
    if is_card_number(raw):
        _refuse("holds what looks like a card number, which belongs in POST /cards alone; nothing was kept")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        _refuse(f"holds no JSON but {raw[:40]!r}")
    if not isinstance(found, dict):
        _refuse("holds JSON that is no object")
    return found


def _gateway(tx: UniverseTx, configuration_id: Any) -> tuple[str, str | None]:
    """The configuration's key, and the sub-account after its dot."""
    if not isinstance(configuration_id, str) or not configuration_id:
        _missing("the gateway request names no gateway_configuration_id")
    name = gateways.key_of_id(tx, configuration_id)
    if name is None:
        _missing(f"the gateway request is for {configuration_id[:60]!r}, and there is no such gateway configuration")
    return name, configuration_id.partition(".")[2] or None


def _query(url: Any) -> list[tuple[str, str]]:
    if not isinstance(url, str):
        _refuse("its url must be text such as https://processout.com?token=test-valid")
    try:
        return parse_qsl(urlsplit(url).query, max_num_fields=100)
    except ValueError as error:
        _refuse(f"its url could not be read: {error}")


def _token(query: list[tuple[str, str]]) -> str:
    tokens = [value for name, value in query if name == "token"]
    if len(tokens) != 1:
        _refuse("its url must have one token in its query, such as ?token=test-valid")
    return tokens[0]


def _error_code(tx: UniverseTx, token: str, answered: str) -> str | None:
    if answered in _OUTCOMES:
        return _OUTCOMES[answered]
    code = answered.removeprefix(_WORD)
    if code == answered or tx.catalog.decline(code) is None:
        known = ", ".join(_OUTCOMES)
        near = meant(token, [*_OUTCOMES, *(f"{_WORD}{name}" for name in tx.catalog.declines)])
        _refuse(f"its url's token is {token[:60]!r}; known: {known}, or test- and a decline code{near}")
    return code


def _digest(parts: list[Any]) -> str:
    """The same for the same request, however it was written."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _refuse(why: str) -> NoReturn:
    raise Refused("request.source.invalid", f"source: the gateway request {why}", field="source")


def _missing(why: str) -> NoReturn:
    raise Refused("request.configuration.missing-gateway-configuration", f"source: {why}", field="source")
