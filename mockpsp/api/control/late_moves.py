"""What fails late, as bodies say it: a pending or confirmed payment, a capture, and the same scripted ahead."""

from typing import Any

from mockpsp.api.wire.fields import Known, StrictBody, Text, ValidationError
from mockpsp.catalog import load_catalog
from mockpsp.catalog.returns import returns, unknown_reason
from mockpsp.domain.commands import FailPayment
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import nearest_name

_DEFAULT = "gateway.declined"


def check_code(code: str) -> None:
    """Refuse what is no decline code."""
    known = load_catalog().declines
    if code not in known:
        near = nearest_name(code, known)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(list(known)[:12])}"
        raise ValidationError(f"there is no code {code[:60]!r}; {hint}")


def _check_reason(reason: str) -> None:
    if wrong := unknown_reason(reason):
        raise ValidationError(wrong)


def codes() -> list[str]:
    """Every code with which a payment can be declined."""
    return list(load_catalog().declines)


_CODE = Known(check_code, codes)
_REASON = Known(_check_reason, lambda: sorted({one.reason for one in returns().values()}))


class DeclineDetails(StrictBody):
    """The code with which a capture fails, under way or through."""

    code = Text(80, validate=_CODE, load_default=_DEFAULT)


class PaymentFailureDetails(StrictBody):
    """The code with which a payment fails, and the bank's own reason, which has a code of its own."""

    code = Text(80, validate=_CODE)
    reason = Text(20, validate=_REASON)


class LateCapture(StrictBody):
    """An outcome that fails a capture, or the payment of a debit, some time after it was asked for."""

    fail_after = Text(40, required=True)
    code = Text(80, validate=_CODE)
    reason = Text(20, validate=_REASON)


def fail_payment(payment: Payment, details: dict[str, Any]) -> FailPayment:
    """The command of `payment.fail`; Refused for another rail's reason."""
    reason = details.get("reason")
    if reason is None:
        return FailPayment(None, details.get("code", _DEFAULT))
    if wrong := unknown_reason(reason, payment.currency):
        raise Refused("request.validation.error", f"with.reason: {wrong}", field="reason")
    return FailPayment(None, details.get("code", returns()[reason].code), reason)
