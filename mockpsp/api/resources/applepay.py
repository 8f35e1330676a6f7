"""Apple Pay on the web: what the browser library asks before it shows the button, and a merchant session of ours.

Nobody is called, Apple least of all: a session is made up, says that it is a test's, and is kept nowhere. Apple's own
sheet takes none of it; a page that stands in for the sheet does.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from mockpsp.api.shapes.gateways import project
from mockpsp.api.shapes.wallet_methods import APPLE_PAY, apple_pay_settings, is_offered, merchant_id
from mockpsp.api.wire.fields import Body, Text, WebUrl
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import load, reads, writes
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.gateways import MISSING
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl

blueprint = Blueprint("applepay", __name__)

#: What Apple gives a page between a session and the payment.
_SESSION_MS = 300_000
#: Apple's sheet shows no more of a shop's name.
_NAME_MAX = 64
_TEST = "mockpsp test"
_DOMAINS = "merchant_domain_names"
#: So many of the project's domains are named to a page of another.
_NAMED_MAX = 10


class DomainName(Text):
    """The host of a page, as browsers know it: a name or an address, without port; kept in small letters."""

    default_error_messages = {"domain": "{input!r} is no host of a page; give one such as shop.example, without a port"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            host = targets.allowed_host(text)
        except MalformedUrl:
            host = ":"
        if ":" in host.rpartition("]")[2]:
            raise self.make_error("domain", input=text[:80])
        return host


class AvailabilityQuery(Body):
    """What is asked of Apple Pay's availability."""

    domain_name = DomainName(required=True)
    applepay_mid = Text()


class SessionRequest(Body):
    """The body of a merchant session; the address is Apple's, and nobody calls it here."""

    session_url = WebUrl(required=True)
    domain_name = DomainName(required=True)
    merchant_certificate_id = Text()
    applepay_mid = Text()


@blueprint.get("/applepay/available")
@takes_query(
    domain_name={"required": True, "description": "the host of the page that would show the button"},
    applepay_mid={"description": "Apple's id of the merchant, where it is not the project's own"},
)
@reads
def tell_availability(tx: UniverseTx) -> dict[str, Any]:
    """Say whether a page may show Apple Pay's button: a refusal says why not."""
    args = current().args
    given = {name: args[name] for name in AvailabilityQuery().fields if args.get(name)}
    _guard_offered(tx, load(AvailabilityQuery(), given)["domain_name"])
    return {}


@blueprint.post("/applepay/sessions")
@writes(SessionRequest())
def create_session(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Make a merchant session for a page's Apple Pay: a test's, which Apple knows nothing of."""
    domain = body["domain_name"]
    _guard_offered(tx, domain)
    name = f"{project(tx, tx.project)['name'][: _NAME_MAX - len(_TEST) - 3]} ({_TEST})"
    merchant = hashlib.sha256(body.get("applepay_mid", merchant_id(tx)).encode()).hexdigest().upper()
    drawn = hashlib.blake2b(f"applepay-session:{tx.mint.next()}".encode(), key=tx.key, digest_size=36).hexdigest()
    return {
        "session_payload": {
            "epochTimestamp": tx.now_ms,
            "expiresAt": tx.now_ms + _SESSION_MS,
            "merchantSessionIdentifier": f"SSH{drawn[8:].upper()}",
            "nonce": drawn[:8],
            "merchantIdentifier": merchant,
            "domainName": domain,
            "displayName": name,
            "signature": _TEST.encode().hex(),
            "operationalAnalyticsIdentifier": f"{name}:{merchant}",
            "retries": 0,
            "pspId": merchant,
        }
    }


def _guard_offered(tx: UniverseTx, domain: str) -> None:
    """Refuse a page where Apple Pay is not offered, or not to it; the message says what would change that."""
    settings = apple_pay_settings(tx)
    if not is_offered(tx, APPLE_PAY):
        way = (
            "the project's applepay_settings say enabled: false; PUT /projects/{id} changes them"
            if settings.get("enabled") is False
            else "no enabled gateway configuration's profile lists applepay among its methods; "
            "PUT /sandbox/psps/{name} makes one that does"
        )
        raise Refused(MISSING, f"Apple Pay is not offered here: {way}")
    domains = settings.get(_DOMAINS)
    known = [name for name in domains if isinstance(name, str)] if isinstance(domains, list) else []
    if known and domain not in [name.lower() for name in known]:
        named = ", ".join(name[:80] for name in known[:_NAMED_MAX])
        raise Refused(
            "request.validation.error",
            f"domain_name: {domain!r} is none of the project's applepay_settings.{_DOMAINS} ({named}); "
            "PUT /projects/{id} adds it there",
            field="domain_name",
        )
