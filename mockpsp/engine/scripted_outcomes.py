"""Outcomes set ahead of time: which scripted rule meets an operation, and what it makes of it.

A rule is `{match, outcome, times}`. Outcome: "ok", a decline code, {"fail_after": SPAN, "reason": ...} (refunds only),
or a chain of these, one a use.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.money import format_trimmed
from mockpsp.domain.payment import Payment
from mockpsp.domain.spans import parse_span
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda

#: What a rule's `on` says -> the command it means. A sale in one call meets both authorize and capture.
OPERATIONS: dict[str, type[Command]] = {
    "authorize": commands.Authorize,
    "capture": commands.Capture,
    "void": commands.Void,
    "refund": commands.Refund,
    "payout": commands.Payout,
}
_ON_BY_TYPE: dict[type[Command], str] = {
    **{command: on for on, command in OPERATIONS.items()},
    commands.CaptureHeld: "capture",
}


def use_matching_rule(
    tx: UniverseTx, command: Command, payment: Payment, invoice: Mapping[str, Any], *, gateway: str, card: str | None
) -> ScriptedOutcome | None:
    """The outcome of the first rule that matches, counted as used; None: nothing is scripted."""
    on = _ON_BY_TYPE.get(type(command))
    if on is None:
        return None
    known = {
        "on": on,
        "card": card,
        "gateway": gateway,
        "amount": format_trimmed(_amount(command, payment), payment.currency),
    }
    for rule in agenda.rules(tx.conn, tx.project.no):
        if rule.uses_left > 0 and _matches(rule.matches, known, invoice.get("metadata") or {}):
            agenda.use_rule(tx.conn, tx.project.no, rule.seq)
            chain = rule.outcome if isinstance(rule.outcome, list) else [rule.outcome]
            return _scripted(chain[min(rule.used, len(chain) - 1)])
    return None


def _amount(command: Command, payment: Payment) -> int:
    stated: int | None = getattr(command, "amount_minor", None)
    if stated is not None:
        return stated
    match command:
        case commands.Refund():
            return payment.available_minor
        case commands.Void():
            return payment.hold_minor
        case _:
            return payment.hold_minor or payment.amount_minor


def _matches(wanted: Mapping[str, Any], known: Mapping[str, Any], metadata: Mapping[str, str]) -> bool:
    for name, value in wanted.items():
        if name == "metadata":
            if any(metadata.get(key) != text for key, text in value.items()):
                return False
        elif name == "card":
            if known["card"] is None or not _is_card(value, known["card"]):
                return False
        elif known[name] != value:
            return False
    return True


def _is_card(wanted: str, key: str) -> bool:
    """A rule names a card by its whole test number or its last four digits."""
    return wanted[-4:] == key[-4:] and (len(wanted) == 4 or wanted[:6] == key[:6])


def _scripted(outcome: Any) -> ScriptedOutcome:
    if isinstance(outcome, dict):
        return ScriptedOutcome(fail_after_ms=parse_span(outcome["fail_after"]), reason=outcome.get("reason", "unknown"))
    return ScriptedOutcome() if outcome == "ok" else ScriptedOutcome(error_code=outcome)
