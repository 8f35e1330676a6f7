"""Outcomes set ahead of time: which scripted rule meets an operation, and what it makes of it.

A rule is `{match, outcome, times}`. Outcome: "ok", a decline code, {"fail_after": SPAN, "reason": ...} (of a refund, or
of a capture, with the code of the bank's rail), or a chain of these, one a use.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.catalog.returns import returns, unknown_reason
from mockpsp.domain import commands
from mockpsp.domain.commands import Command
from mockpsp.domain.decision import ScriptedOutcome
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.spans import parse_lapse
from mockpsp.engine.universes import UniverseTx

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
    rule = tx.rule_index.use_first(tx, known, invoice.get("metadata") or {})
    if rule is None:
        return None
    chain = rule.outcome if isinstance(rule.outcome, list) else [rule.outcome]
    return scripted(chain[min(rule.used, len(chain) - 1)], on, payment.currency)


def scripted(outcome: Any, on: str, currency: str) -> ScriptedOutcome:
    """What an outcome of a rule, or of its chain, makes of an operation in this currency."""
    if isinstance(outcome, dict):
        fail_after_ms = parse_lapse(outcome["fail_after"])
        if on != "refund":
            return _late_capture(fail_after_ms, outcome, currency)
        return ScriptedOutcome(fail_after_ms=fail_after_ms, reason=outcome.get("reason", "unknown"))
    return ScriptedOutcome() if outcome == "ok" else ScriptedOutcome(error_code=outcome)


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


def _late_capture(fail_after_ms: int, outcome: Mapping[str, Any], currency: str) -> ScriptedOutcome:
    """A capture that fails later; a rail's reason only goes with money of that rail."""
    reason = outcome.get("reason")
    if reason is None:
        return ScriptedOutcome(fail_after_ms=fail_after_ms, late_code=outcome.get("code", "gateway.declined"))
    if wrong := unknown_reason(reason, currency):
        raise Refused(codes.INVALID_STATE, f"the scripted outcome does not go with this payment: {wrong}")
    code = outcome.get("code", returns()[reason].code)
    return ScriptedOutcome(fail_after_ms=fail_after_ms, late_code=code, rail_reason=reason)
