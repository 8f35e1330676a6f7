"""What a universe is asked to do differently: scripted outcomes, faults of the way to it, webhooks that misbehave."""

from flask import Blueprint, Response

from mockpsp.api.control import delivery, faults, moves
from mockpsp.api.pages import screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.domain.faults import SIDES
from mockpsp.engine.scripted_outcomes import OPERATIONS
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import misbehaving, outbox

blueprint = Blueprint("ui_outcomes", __name__)

#: Section -> what one press sets up: (what the button says, the action, its fields). A test presses each.
EXAMPLES: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "rules": (
        ("The next payment is declined", "make-rule", {"match[on]": "capture", "outcome": "card.declined"}),
        (
            "The next two for lack of money",
            "make-rule",
            {"match[on]": "capture", "outcome": "card.no-money,card.no-money"},
        ),
        ("The next refund fails after 3 days", "make-rule", {"match[on]": "refund", "later[fail_after]": "3d"}),
    ),
    "faults": (
        (
            "A capture is made, its answer lost",
            "make-fault",
            {"match": "POST /invoices/*/capture", "do": "reset", "when": "after_commit"},
        ),
        ("The next call takes 2 seconds", "make-fault", {"match": "*", "do": "delay 2s"}),
        (
            "The next refund meets a 503",
            "make-fault",
            {"match": "POST /transactions/*/refunds", "do": "status 503", "when": "before_commit"},
        ),
    ),
    "misbehaving": (
        ("Each arrives twice", "add-misbehaviour", {"do": "duplicate"}),
        ("Each 5 minutes late", "add-misbehaviour", {"do": "delay 5m"}),
        ("The next one badly signed", "add-misbehaviour", {"do": "wrong_secret", "times": "1"}),
    ),
}
#: Operations as the form offers them.
_OPERATIONS = {
    "capture": "payment or capture",
    "refund": "refund",
    "authorize": "authorization alone",
    "void": "void",
    "payout": "payout to a card",
}
#: So many of a kind are shown.
_SHOWN_MAX = 200


@blueprint.get(f"{UI}/outcomes")
@takes_query()
@needs_sign_in
@reads
def show_outcomes(tx: UniverseTx) -> Response:
    """What is scripted, and the forms for more."""
    rules = moves.list_rules.__wrapped__(tx)["rules"]  # type: ignore[attr-defined]
    found = faults.list_faults.__wrapped__(tx)["faults"]  # type: ignore[attr-defined]
    return screens.screen(
        "ui/outcomes.html",
        **around(tx, "outcomes"),
        rules=rules[-_SHOWN_MAX:],
        rules_count=len(rules),
        faults=found[-_SHOWN_MAX:],
        faults_count=len(found),
        deliveries=delivery.show_delivery.__wrapped__(tx)["delivery"]["rules"],  # type: ignore[attr-defined]
        operations={**_OPERATIONS, **{on: on for on in OPERATIONS if on not in _OPERATIONS}},
        examples=EXAMPLES,
        declines=tuple(tx.catalog.declines),
        cards=sorted({key[-4:] for key in tx.catalog.cards}),
        deeds=SIDES,
        sides=sorted({side for sides in SIDES.values() for side in sides}),
        words=misbehaving.WORDS,
        spans=misbehaving.SPANS,
        events=sorted(FIRED_EVENTS),
        endpoints=[(tx.id("wbe_", one.seq), one.url) for one in outbox.list_endpoints(tx.conn, tx.project.no)],
    )
