"""Refusals and their wire codes: the one list of error types the domain may answer with.

    Refused          we will not act; nothing is recorded; the API answers a 4xx

A *decline* is not here: it is an outcome that commits (see decision.Decision.error_code).
To add a refusal: pick the documented `error_type`, raise `Refused` with a message that names the thing, the value
and the limit.
"""

from dataclasses import dataclass

INVALID_AMOUNT = "request.validation.invalid-amount"
INVALID_CURRENCY = "request.validation.invalid-currency"
INVALID_STATE = "request.validation.error"
OPERATION_NOT_SUPPORTED = "request.gateway.operation-not-supported"
GATEWAY_NOT_AVAILABLE = "request.gateway.not-available"


@dataclass(eq=False)
class Refused(Exception):
    """A request that breaks a rule: `code` is the wire's `error_type`, `status` its HTTP status (4xx)."""

    code: str
    message: str
    status: int = 400
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
