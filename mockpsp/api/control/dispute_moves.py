"""Moves about a payment's disputes: their details, and the commands they become.

A payment means the oldest of its disputes that the move can be about; `dispute` names another one, by the operation
that opened it.
"""

from typing import Any

from mockpsp.api.wire.fields import AmountText, StrictBody, Text, one_of
from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.payments import money
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import DisputeCase, Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.run import Outcome
from mockpsp.engine.universes import UniverseTx

#: Instead of an operation: none of the disputes there are.
NEW = "new"
_OPENS = "chargeback.open"
_BEGIN = (Kind.CHARGEBACK_OPENED, Kind.PRE_ARBITRATION_OPENED)


class DisputeDetails(StrictBody):
    """Which of the payment's disputes."""

    dispute = Text(80)


class OpeningDetails(DisputeDetails):
    """How much is disputed and why; `dispute` is one that was won, or `new`."""

    never_empty = frozenset({"amount"})

    amount = AmountText()
    reason = Text(80, load_default="fraud")


class ContestDetails(DisputeDetails):
    """What the issuer makes of the merchant's answer, once it decides."""

    outcome = Text(validate=one_of(("won", "lost")), load_default="won")


class WinDetails(DisputeDetails):
    """How much of the disputed money comes back; left out: all of it."""

    never_empty = frozenset({"amount"})

    amount = AmountText()


def named(tx: UniverseTx, payment: Payment | None, what: str, dispute: str) -> DisputeCase | str:
    """The dispute that an operation began, or `new` where one is opened."""
    if what == _OPENS and dispute == NEW:
        return NEW
    seq = tx.seq("tr_op_", dispute)
    cases = payment.disputes if payment is not None else ()
    for case in cases:
        if seq in (case.seq, case.opened_seq):
            return case
    known = ", ".join(tx.id("tr_op_", case.seq) for case in cases) or "none"
    raise Refused(
        "request.validation.error",
        f"dispute: {dispute[:60]!r} began no dispute of this payment; its disputes: {known}",
        field="dispute",
    )


def began(tx: UniverseTx, outcome: Outcome) -> dict[str, str]:
    """The dispute that a move began, or brought back: by the name that other moves know it by."""
    for fact in outcome.decision.facts:
        if fact.kind in _BEGIN:
            return {"dispute": tx.id("tr_op_", fact.dispute_seq or outcome.payment.disputes[0].seq)}
    return {}


def open_chargeback(payment: Payment, body: dict[str, Any]) -> Command:
    """The issuer disputes."""
    case = body.get("dispute")
    return commands.OpenChargeback(
        _amount(payment, body),
        body["reason"],
        is_by_hand=True,
        again_seq=case.seq if isinstance(case, DisputeCase) else None,
        is_new=case == NEW,
    )


def contest(payment: Payment, body: dict[str, Any]) -> Command:
    """The merchant answers."""
    return commands.ContestChargeback(body["outcome"], _opened_seq(body))


def accept(payment: Payment, body: dict[str, Any]) -> Command:
    """The merchant lets it stand."""
    return commands.AcceptChargeback(_opened_seq(body))


def expire(payment: Payment, body: dict[str, Any]) -> Command:
    """The time to answer is over."""
    return commands.ExpireChargeback(_opened_seq(body))


def win(payment: Payment, body: dict[str, Any]) -> Command:
    """The issuer decides for the merchant, or for a part of it."""
    return commands.WinChargeback(_opened_seq(body), _amount(payment, body), is_by_hand=True)


def lose(payment: Payment, body: dict[str, Any]) -> Command:
    """The issuer decides for the customer."""
    return commands.LoseChargeback(_opened_seq(body))


def open_pre_arbitration(payment: Payment, body: dict[str, Any]) -> Command:
    """The issuer does not let a won dispute stand."""
    case = body.get("dispute")
    return commands.OpenPreArbitration(None if case is None else case.seq)


def _amount(payment: Payment, body: dict[str, Any]) -> int | None:
    return money.parse(body["amount"], payment.currency) if "amount" in body else None


def _opened_seq(body: dict[str, Any]) -> int | None:
    case = body.get("dispute")
    return None if case is None else int(case.opened_seq)
