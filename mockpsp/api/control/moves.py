"""Making the world move by hand (`/sandbox/simulate`), or setting outcomes beforehand (`/sandbox/rules`)."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint

from mockpsp.api.control import dispute_moves, late_moves, move_words, payout_moves, planned
from mockpsp.api.requests import lookups, verification
from mockpsp.api.requests.refunds import REASONS
from mockpsp.api.wire.fields import (
    AmountText,
    Count,
    Object,
    StrictBody,
    Text,
    TextMap,
    one_of,
    shaped,
)
from mockpsp.api.wire.fields import fields as schema_fields
from mockpsp.api.wire.http import Declined, described_by, load, reads, writes
from mockpsp.domain import commands
from mockpsp.domain.commands import Command, InstrumentMove
from mockpsp.domain.deciders.refund import FAILURE_REASONS
from mockpsp.domain.decision import Effect
from mockpsp.domain.payments import money
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import USUAL, business_days_after, moment_after
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.domain.time.moments import rfc3339
from mockpsp.domain.time.months import moment_later
from mockpsp.domain.time.spans import BusinessDays, parse_lapse
from mockpsp.engine import instruments
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.run import run_command
from mockpsp.engine.scripted_outcomes import OPERATIONS
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda, payments

blueprint = Blueprint("sandbox_moves", __name__)

_RULE = "rule_"

_MAX_TIMES = 1_000_000
_CHAIN_MAX = 100
_INVALID = "request.validation.error"


class NoDetails(StrictBody):
    """A move without details."""


class FailureDetails(StrictBody):
    """Why a refund fails."""

    reason = Text(validate=one_of(FAILURE_REASONS), load_default="unknown")


class RefundDetails(StrictBody):
    """How much is given back, all that is left without an amount, and why."""

    amount = AmountText()
    reason = Text(validate=one_of(REASONS), load_default="other")


class Move(NamedTuple):
    """What a move is about, its details, and the command it becomes: about a refund, a payment, a card or a token.

    One about a gateway or a payout is made by `act`, which answers what it made or touched.
    """

    on: str
    details: StrictBody
    command: Callable[[Any, dict[str, Any]], Command | InstrumentMove] | None = None
    act: Callable[[UniverseTx, str, dict[str, Any]], dict[str, Any]] | None = None


#: The moves of `/sandbox/simulate`. The command gets the payment, or the number of what else it is about.
MOVES: dict[str, Move] = {
    "refund.make": Move("payment", RefundDetails(), lambda payment, body: _make_refund(payment, body)),
    "refund.settle": Move("refund", NoDetails(), lambda seq, body: commands.SettleRefund(seq)),
    "refund.fail": Move("refund", FailureDetails(), lambda seq, body: commands.FailRefund(seq, body["reason"])),
    "refund.fall_back": Move("refund", NoDetails(), lambda seq, body: commands.FallBackRefund(seq)),
    "refund.cancel": Move("refund", NoDetails(), lambda seq, body: commands.CancelRefund(seq)),
    "refund.release": Move("payment", NoDetails(), lambda payment, body: commands.ReleaseDebt()),
    "capture.settle": Move("payment", NoDetails(), lambda payment, body: commands.SettleCapture()),
    "capture.confirm": Move("payment", NoDetails(), lambda payment, body: commands.ConfirmCapture()),
    "capture.fail": Move(
        "payment", late_moves.DeclineDetails(), lambda p, body: commands.FailCapture(None, body["code"])
    ),
    "capture.succeed": Move("payment", NoDetails(), lambda payment, body: commands.RestoreCapture()),
    "three_d_s.authenticate": Move("payment", NoDetails(), lambda payment, body: commands.PassChallenge()),
    "three_d_s.fail": Move("payment", NoDetails(), lambda payment, body: commands.FailChallenge()),
    "three_d_s.abandon": Move("payment", NoDetails(), lambda payment, body: commands.AbandonChallenge()),
    "three_d_s.expire": Move("payment", NoDetails(), lambda payment, body: commands.ExpireChallenge()),
    "payment.confirm": Move("payment", NoDetails(), lambda payment, body: commands.ConfirmPayment()),
    "payment.fail": Move("payment", late_moves.PaymentFailureDetails(), late_moves.fail_payment),
    "authorization.expire": Move("payment", NoDetails(), lambda payment, body: commands.ExpireAuthorization()),
    "retrieval_request.open": Move("payment", NoDetails(), lambda payment, body: commands.OpenRetrievalRequest()),
    "fraud_notification.send": Move("payment", NoDetails(), lambda payment, body: commands.SendFraudNotification()),
    "retrieval_request.answer": Move("payment", NoDetails(), lambda p, body: commands.AnswerRetrievalRequest()),
    "retrieval_request.expire": Move("payment", NoDetails(), lambda p, body: commands.ExpireRetrievalRequest()),
    "chargeback.open": Move("payment", dispute_moves.OpeningDetails(), dispute_moves.open_chargeback),
    "chargeback.contest": Move("payment", dispute_moves.ContestDetails(), dispute_moves.contest),
    "chargeback.accept": Move("payment", dispute_moves.DisputeDetails(), dispute_moves.accept),
    "chargeback.expire": Move("payment", dispute_moves.DisputeDetails(), dispute_moves.expire),
    "chargeback.win": Move("payment", dispute_moves.WinDetails(), dispute_moves.win),
    "chargeback.lose": Move("payment", dispute_moves.DisputeDetails(), dispute_moves.lose),
    "pre_arbitration.open": Move("payment", dispute_moves.DisputeDetails(), dispute_moves.open_pre_arbitration),
    "card.expire": Move("card", NoDetails(), lambda seq, body: commands.ExpireCard(seq)),
    "token.revoke": Move("token", NoDetails(), lambda seq, body: commands.RevokeToken(seq)),
    "settlement.run": Move("gateway", NoDetails(), act=payout_moves.settle),
    "balance.add": Move("gateway", payout_moves.BalanceDetails(), act=payout_moves.add_to_balance),
    "payout.run": Move("gateway", payout_moves.CurrencyDetails(), act=payout_moves.pay_out),
    "payout.arrive": Move("payout", NoDetails(), act=payout_moves.arrive),
    "payout.fail": Move("payout", payout_moves.PayoutFailureDetails(), act=payout_moves.fail_payout),
    "reserve.release": Move("gateway", payout_moves.CurrencyDetails(), act=payout_moves.release_reserve),
}

#: What a move may be about beside payments and refunds -> how its id begins, and where it is found.
_INSTRUMENTS: dict[str, tuple[str, Callable[[UniverseTx, str], Any]]] = {
    "card": ("card_", lookups.card),
    "token": ("tok_", lookups.token),
}


class SimulateRequest(StrictBody):
    """The body of a move: what, on which refund or payment, with which details, now or after a span."""

    never_empty = frozenset({"amount", "currency", "after"})

    what = Text(required=True)
    on = Text(required=True)
    with_ = Object(is_read=True, data_key="with", load_default=dict)
    after = Text(40)


class MatchRequest(StrictBody):
    """Which operations a rule is for; what is left out matches all."""

    on = Text(required=True, validate=one_of(OPERATIONS))
    card = Text(19, validate=shaped("[0-9]{4,19}", "a test card's number or its last four digits"))
    gateway = Text(80)
    amount = AmountText(validate=shaped(r"[0-9]{1,12}(\.[0-9]{1,4})?", "an amount such as 12.50"))
    metadata = TextMap()


class RuleRequest(StrictBody):
    """A scripted outcome. One whose match is half said would meet operations it isn't meant for."""

    never_empty = frozenset({"amount", "card", "gateway"})

    match = schema_fields.Nested(MatchRequest(), required=True)
    outcome = schema_fields.Raw(required=True, metadata={"schema": lambda inline: _outcome_described(inline)})
    times = Count(1, _MAX_TIMES)


class LaterFailure(StrictBody):
    """An outcome that fails a refund some time after it was made."""

    fail_after = Text(40, required=True)
    reason = Text(validate=one_of(FAILURE_REASONS), load_default="unknown")


#: What a rule is for -> how its outcome says that it fails later.
_FAIL_LATER: dict[str, StrictBody] = {"refund": LaterFailure(), "capture": late_moves.LateCapture()}


def _outcome_described(inline: Callable[[StrictBody], dict[str, Any]]) -> dict[str, Any]:
    """What an outcome may be, for the document."""
    later = [inline(body) | {"title": f"{on}.fails_later"} for on, body in _FAIL_LATER.items()]
    one = [{"type": "string", "const": "ok"}, {"enum": late_moves.codes()}, *later]
    chain = {"type": "array", "items": {"anyOf": one}, "minItems": 1, "maxItems": _CHAIN_MAX}
    return {"title": "Outcome", "anyOf": [*one, chain]}


@blueprint.post("/sandbox/simulate")
@described_by(
    lambda inline: move_words.described(
        {what: (move.on, move.details, move.act is None) for what, move in MOVES.items()}, inline
    )
)
@writes(SimulateRequest())
def simulate(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any] | Declined:
    """Make a move now, or put it on the agenda."""
    what = body["what"]
    move = MOVES.get(what)
    if move is None:
        raise Refused(_INVALID, f"what: there is no move {_near(what, MOVES)}", field="what")
    details = load(move.details, body["with_"])
    if move.act is not None:
        if "after" in body:
            raise Refused(_INVALID, f"after: {what} is made now; advance the clock first", field="after")
        acted = move.act(tx, body["on"], details)
        return {"simulated": {"what": what, "on": body["on"], "due_at": rfc3339(tx.now_ms), **acted}}
    assert move.command is not None
    with lookups.by_hand(body["on"]):
        payment, invoice, subject = _subject(tx, move, what, body["on"])
    if "dispute" in details:
        with planned.told(tx, what, 0 if payment is None else payment.seq):
            details["dispute"] = dispute_moves.named(tx, payment, what, details["dispute"])
    command = move.command(subject, details)
    payment_seq = 0 if payment is None else payment.seq
    due_at_ms = tx.now_ms
    made: dict[str, Any] = {}
    if "after" in body:
        due_at_ms = _due_at_ms(tx, payment, _span(body["after"], "after"))
        effect = (tx.mint.next(), Effect(due_at_ms, command))
        agenda.insert_effects(tx.conn, tx.project.no, payment_seq, [effect])
    elif isinstance(command, InstrumentMove):
        instruments.run(tx, command)
    else:
        assert payment is not None
        with planned.told(tx, what, payment_seq):
            outcome = run_command(tx, payment, invoice, command)
        verification.complete_verification(tx, invoice, outcome)
        made = dispute_moves.began(tx, outcome)
        if isinstance(command, commands.Refund):
            if outcome.error_code is not None:
                return Declined(outcome.error_code, outcome.declined_as(tx.catalog))
            assert outcome.refund is not None
            made = {"ids": [tx.id("refd_", outcome.refund.seq)]}
    return {"simulated": {"what": what, "on": body["on"], "due_at": rfc3339(due_at_ms), **made}}


@blueprint.post("/sandbox/rules")
@writes(RuleRequest())
def create_rule(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Set an outcome for operations to come."""
    match = body["match"]
    if "amount" in match:
        match["amount"] = _trimmed(match["amount"])
    if "gateway" in match:
        match["gateway"] = gateway_profile(tx, match["gateway"])[0]
    if "card" in match:
        match["card"] = _card(tx, match["card"])
    outcome = _outcome(tx, body["outcome"], match["on"])
    times = body.get("times", len(outcome) if isinstance(outcome, list) else 1)
    seq = tx.mint.next()
    agenda.insert_rule(tx.conn, tx.project.no, seq, match, outcome, times)
    tx.project.rules_count += 1
    tx.is_project_changed = True
    return {"rule": _shown(tx, seq, match, outcome, times, 0)}


@blueprint.get("/sandbox/rules")
@reads
def list_rules(tx: UniverseTx) -> dict[str, Any]:
    """List the scripted outcomes, in the order they are tried."""
    rules = agenda.rules(tx.conn, tx.project.no)
    return {"rules": [_shown(tx, r.seq, r.matches, r.outcome, r.uses_left, r.used) for r in rules]}


@blueprint.delete("/sandbox/rules/<rule_id>")
@writes(StrictBody())
def delete_rule(tx: UniverseTx, body: dict[str, Any], rule_id: str) -> dict[str, Any]:
    """Remove one scripted outcome, used up or not; the others stay as they are."""
    seq = tx.seq(_RULE, rule_id)
    if seq is None or not agenda.delete_rule(tx.conn, tx.project.no, seq):
        raise Refused("resource.rule.not-found", "the scripted outcome could not be found; a reset takes all away", 404)
    tx.project.rules_count -= 1
    tx.is_project_changed = True
    return {"removed": 1}


@blueprint.delete("/sandbox/rules")
@writes(StrictBody())
def delete_rules(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Remove every scripted outcome."""
    removed = agenda.delete_rules(tx.conn, tx.project.no)
    tx.project.rules_count = 0
    tx.is_project_changed = True
    return {"removed": removed}


def _subject(tx: UniverseTx, move: Move, what: str, on: str) -> tuple[Payment | None, dict[str, Any], Any]:
    """The payment a move is about, if any, its invoice's body, and what the command is made from."""
    if move.on in _INSTRUMENTS:
        prefix, find = _INSTRUMENTS[move.on]
        if not on.startswith(prefix):
            raise Refused(_INVALID, f"on: {what} is about a {move.on}, give its id ({prefix}...)", field="on")
        return None, {}, find(tx, on).seq
    if move.on == "refund":
        if not on.startswith("refd_"):
            raise Refused(_INVALID, f"on: {what} is about a refund, give its id (refd_...)", field="on")
        refund = lookups.refund(tx, on)
        loaded = payments.load_payment(tx.conn, tx.project.no, refund.payment_seq)
        assert loaded is not None
        return loaded[0], loaded[1], refund.seq
    if on.startswith("tr_"):
        row = lookups.transaction(tx, on)
    elif on.startswith("iv_"):
        row = lookups.invoice(tx, on)
    else:
        raise Refused(_INVALID, f"on: {what} is about a payment, give its transaction or invoice id", field="on")
    return row.payment, row.body, row.payment


def _make_refund(payment: Payment, body: dict[str, Any]) -> Command:
    return commands.Refund(_amount_minor(payment, body), body["reason"])


def _amount_minor(payment: Payment, body: dict[str, Any]) -> int | None:
    return money.parse(body["amount"], payment.currency) if "amount" in body else None


def _card(tx: UniverseTx, text: str) -> str:
    """A test card as a rule keeps it: by its key, which rules show, or by its last four digits."""
    catalog = tx.catalog
    found = text if len(text) == 4 or text in catalog.cards else catalog.card_key(text)
    if found is None or not any(key.endswith(found) for key in catalog.cards):
        which = f"ends in {text}" if len(text) == 4 else "has that number"
        raise Refused(_INVALID, f"match.card: no test card {which}; nothing was kept", field="match.card")
    return found


def _outcome(tx: UniverseTx, outcome: Any, on: str, at: str = "outcome") -> Any:
    """The outcome as it is kept; Refused for anything the operation can't come to."""
    if isinstance(outcome, list):
        if not 1 <= len(outcome) <= _CHAIN_MAX or any(isinstance(item, list) for item in outcome):
            raise Refused(
                _INVALID, f"outcome: a chain has 1 to {_CHAIN_MAX} outcomes, none of them a chain", field="outcome"
            )
        return [_outcome(tx, item, on, f"{at}.{place}") for place, item in enumerate(outcome)]
    if isinstance(outcome, dict):
        if on not in _FAIL_LATER:
            raise Refused(
                _INVALID, f"outcome: fail_after goes with refunds and captures, not with {on}", field="outcome"
            )
        later = load(_FAIL_LATER[on], outcome, at)
        _span(later["fail_after"], f"{at}.fail_after")
        return later
    if outcome == "ok":
        return outcome
    if not isinstance(outcome, str) or tx.catalog.decline(outcome) is None:
        near = _near(str(outcome), tx.catalog.declines)
        raise Refused(_INVALID, f'outcome: must be "ok", a decline code or fail_after; no code {near}', field="outcome")
    return outcome


def _near(text: str, known: Any) -> str:
    hint = meant(text, known) or f"; known: {', '.join(list(known)[:12])}"
    return f"{text[:60]!r}{hint}"


def _span(text: str, name: str) -> int:
    try:
        return parse_lapse(text)
    except ValueError as error:
        raise Refused("request.validation.invalid-duration", f"{name}: {error}", field=name) from None


def _due_at_ms(tx: UniverseTx, payment: Payment | None, span_ms: int) -> int:
    """When a move is made that is put off, by the business days of the payment's PSP."""
    if not isinstance(span_ms, BusinessDays):
        return moment_later(tx.now_ms, span_ms)
    if payment is None or payment.gateway is None:
        return business_days_after(tx.now_ms, span_ms.count, USUAL)
    return moment_after(gateway_profile(tx, payment.gateway)[1], tx.now_ms, span_ms)


def _trimmed(text: str) -> str:
    """An amount as transactions show it, so that "40.00" meets "40"."""
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _shown(tx: UniverseTx, seq: int, match: Any, outcome: Any, uses_left: int, used: int) -> dict[str, Any]:
    return {"id": tx.id(_RULE, seq), "match": match, "outcome": outcome, "uses_left": uses_left, "used": used}
