"""When an invoice expires and when its hold is captured by itself: moments of a request, checked against the clock.

An invoice that expired can't be paid; its transaction stays as it is, since no status of the API's says expired.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import parse_rfc3339, rfc3339
from mockpsp.engine.universes import UniverseTx

_EXPIRY = "expires_at"
_CAPTURE = "auto_capture_at"


def check(tx: UniverseTx, body: Mapping[str, Any]) -> None:
    """Refuse moments that have passed."""
    for name in (_EXPIRY, _CAPTURE):
        if name in body and parse_rfc3339(body[name]) <= tx.now_ms:
            raise Refused(
                "request.validation.invalid-date",
                f"{name}: {body[name]} has passed; it is {rfc3339(tx.now_ms)} here",
                field=name,
            )


def automatic_capture(tx: UniverseTx, row: PaymentRow, body: Mapping[str, Any]) -> int | None:
    """When the hold that an authorization makes is captured by itself: as the invoice says, else the request."""
    check(tx, body)
    found = row.body.get(_CAPTURE) or body.get(_CAPTURE)
    return None if found is None else parse_rfc3339(found)
