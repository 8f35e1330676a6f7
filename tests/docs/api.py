"""What the API has: endpoints, objects, events, moves, and what is left out."""

import re
from functools import lru_cache

from mockpsp.api.control.moves import MOVES, Move
from mockpsp.api.described.coverage import KINDS, STATES, WORKS, Entry, counts, entries
from mockpsp.api.described.endpoints import core as endpoints_core
from mockpsp.api.described.openapi import FOR_PEOPLE
from mockpsp.api.resources.unsupported_routes import AREAS
from mockpsp.api.wire.public import _OPEN
from mockpsp.catalog import load_catalog
from mockpsp.catalog.returns import returns
from mockpsp.config import Settings
from mockpsp.domain.deciders.refund import FAILURE_REASONS
from mockpsp.domain.events import EVENTS
from mockpsp.engine.payouts import FAILURES
from mockpsp.engine.scripted_outcomes import OPERATIONS
from mockpsp.serving.app import create_app
from tests.docs.markdown import code, codes, table

#: Events that are about no payment.
_ANNOUNCED = [
    f"{kind}.{word}" for kind in ("customer", "product", "customer.token") for word in ("created", "updated", "deleted")
]
#: Move -> what it means. To add a move: its words here.
MOVE_WORDS = {
    "refund.make": "A refund that the shop's code did not ask for, such as one from the PSP's dashboard.",
    "refund.settle": "The refund has reached the customer.",
    "refund.fail": "The refund did not reach the customer, whether or not it looked final.",
    "refund.fall_back": "An instant refund can't be made at once and goes on at ordinary speed.",
    "refund.cancel": "The merchant takes a pending refund back.",
    "refund.release": "The customer is owed nothing more for refunds that came back after they looked final.",
    "capture.settle": "The PSP has the money of the oldest capture that was not settled.",
    "capture.confirm": "The oldest capture under way is through.",
    "capture.fail": (
        "The oldest capture under way came to nothing; where none is, the last one that was through, and its money is "
        "taken back."
    ),
    "capture.succeed": "The last capture that failed after it was through is through after all.",
    "three_d_s.authenticate": "The payer has proved to be the holder; what waited for it goes on.",
    "three_d_s.fail": "The payer could not prove to be the holder.",
    "three_d_s.abandon": "The payer has left 3-D Secure.",
    "three_d_s.expire": "Nobody answered the challenge in time.",
    "payment.confirm": "The provider has the money of a pending payment.",
    "payment.fail": (
        "The provider will not get the money of a pending payment, or loses that of a confirmed one: `reason` is the "
        "bank's own, and brings a `code`."
    ),
    "authorization.expire": "The hold has run out.",
    "retrieval_request.open": "The issuer asks what the payment was.",
    "fraud_notification.send": "The issuer warns that the payment was fraud.",
    "chargeback.open": "The issuer takes money back: the amount, or all that was not refunded. One that was won is "
    "presented again where it can be; `dispute: new` is another one.",
    "retrieval_request.answer": "The merchant says what the payment was, and the issuer is satisfied.",
    "retrieval_request.expire": "Nobody answered in time, and the issuer disputes.",
    "chargeback.contest": "The merchant answers with evidence; `outcome` is what the issuer will make of it.",
    "chargeback.accept": "The merchant lets the chargeback stand.",
    "chargeback.expire": "The time to answer has run out.",
    "chargeback.win": "The dispute is decided for the merchant: all of it, or `amount`. A lost one turns around.",
    "chargeback.lose": "The dispute is decided for the customer.",
    "pre_arbitration.open": "The issuer does not let a won dispute stand; no money moves until that is decided.",
    "card.expire": "The card is over its last month.",
    "token.revoke": "The customer took back what the token stands for.",
    "settlement.run": "All captures that wait for settlement settle.",
    "balance.add": "The merchant sends money to the gateway's balance.",
    "payout.run": "What is available is paid out, in one currency or in each.",
    "payout.arrive": "A payout that is on its way has reached the bank.",
    "payout.fail": "The bank sends the payout back.",
    "reserve.release": "The PSP gives back what it kept of a payout.",
}


@lru_cache(maxsize=1)
def routes() -> tuple[tuple[str, str, str], ...]:
    """(method, path, what it does) of every route, the last from its view's docstring."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("unsupported_routes.") or rule.rule.startswith(FOR_PEOPLE):
            continue
        doc = (app.view_functions[rule.endpoint].__doc__ or "").strip().splitlines()[0]
        path = re.sub(r"<[a-z_:]+>", "{id}", rule.rule.replace("<name>", "{name}"))
        found += [(method, path, doc) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    app.extensions["mockpsp"].close()
    return tuple(sorted(found, key=lambda row: (row[1], row[0])))


def endpoints() -> list[str]:
    """The API's endpoints, with blanks for what is planned."""
    there = {(method, path) for method, path, _ in routes()}
    core = [(method, path.replace("{}", "{id}")) for method, path in endpoints_core()]
    rows = [(m, code(path), "✓", doc) for m, path, doc in routes() if not path.startswith("/sandbox")]
    rows += [(m, code(path), "", "") for m, path in core if (m, path) not in there]
    return table(("", "", "works", ""), sorted(rows, key=lambda row: (row[1], row[0])))


def control() -> list[str]:
    """The control plane's routes."""
    rows = [(method, code(path), doc) for method, path, doc in routes() if path.startswith("/sandbox")]
    return table(("", "", "does"), rows)


def public() -> list[str]:
    """The routes that browsers and apps may call."""
    rows = [(m, code(path), "the invoice's client secret" if needs else "") for (m, path), needs in _OPEN.items()]
    return table(("", "route", "needs"), rows)


def left_out() -> list[str]:
    """The routes that answer that they are not simulated."""
    rows = []
    for area, text in AREAS.items():
        paths = re.sub(r"<[a-z_]+>", "{id}", text).split("\n")
        rows.append((area, codes(path.strip() for path in paths if path.strip())))
    return table(("left out", "routes"), rows)


def moves() -> list[str]:
    """The moves of the world."""
    assert set(MOVES) == set(MOVE_WORDS)
    rows = [(code(name), f"a {move.on}", _details(move), MOVE_WORDS[name]) for name, move in MOVES.items()]
    return table(("what", "on", "with", "means"), rows)


def _details(move: Move) -> str:
    shown = []
    for name, field in move.details.fields.items():
        shown.append(
            code(name) + ("" if field.required or field.load_default is None else _default(field.load_default))
        )
    return ", ".join(shown)


def _default(value: object) -> str:
    return f" ({value})" if isinstance(value, str) else ""


def reasons() -> list[str]:
    """Why a refund, a debit or a payout may fail."""
    rows = [
        ("a refund, `refund.fail` and `fail_after`", codes(FAILURE_REASONS)),
        *(
            (f"a debit in {currency} ({rail}), `payment.fail` and `fail_after`", codes(_reasons_of(rail)))
            for rail, currency in dict.fromkeys((one.rail, one.currency) for one in returns().values())
        ),
        ("a payout, `payout.fail`", codes(FAILURES)),
    ]
    return table(("what fails", "its reasons"), rows)


def _reasons_of(rail: str) -> list[str]:
    return [one.reason for one in returns().values() if one.rail == rail]


def operations() -> list[str]:
    """What outcomes can be scripted for."""
    return [f"`on` is one of {codes(OPERATIONS)}."]


def events() -> list[str]:
    """The events, and the facts that fire them."""
    kinds_by_name: dict[str, list[str]] = {}
    for kind, rules in EVENTS.items():
        for rule in rules:
            kinds_by_name.setdefault(rule.name, []).append(kind.replace("-", " "))
    rows = [(code(name), ", ".join(kinds)) for name, kinds in kinds_by_name.items()]
    return table(
        ("event", "fired, where its condition holds, when the payment is"),
        [*rows, *((code(name), "") for name in _ANNOUNCED)],
    )


def coverage() -> list[str]:
    """How much of the API is there."""
    found = counts(list(_entries()))
    return table(("", *STATES), [(f"{kind}s", *(found[kind][state] for state in STATES)) for kind in KINDS])


def objects() -> list[str]:
    """Object by object: how many fields follow the world, and which don't, each with its reason."""
    found = [entry for entry in _entries() if entry.kind == "field"]
    rows = []
    for name in dict.fromkeys(entry.name.partition(".")[0] for entry in found):
        own = [entry for entry in found if entry.name.partition(".")[0] == name]
        rest = [f"`{one.name.partition('.')[2]}`: {one.why or one.state}" for one in own if one.state != WORKS]
        rows.append((name, len(own) - len(rest), "; ".join(rest)))
    return table(("object", "fields that work", "partly, and why"), rows)


@lru_cache(maxsize=1)
def _entries() -> tuple[Entry, ...]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = tuple(entries(app, load_catalog()))
    app.extensions["mockpsp"].close()
    return found
