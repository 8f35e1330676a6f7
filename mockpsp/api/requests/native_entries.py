"""What a payment method asks a customer for in the merchant's own form: which method, what it wants, what will do.

Both generations of native payments stand on it. What a customer entered is checked, not kept.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.api.wire.http import InvalidFields
from mockpsp.domain.commands import GatewayRequest, Source
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

_MISSING = "request.configuration.missing-gateway-configuration"


def gateway(tx: UniverseTx, configuration_id: str | None) -> str:
    """The key of the gateway configuration that was named; Refused for none and for one that is not there."""
    if configuration_id is None:
        raise Refused(_MISSING, "gateway_configuration_id: say which one", field="gateway_configuration_id")
    name = gateways.key_of_id(tx, configuration_id)
    if name is None:
        raise Refused(
            _MISSING,
            f"gateway_configuration_id: there is no gateway configuration {configuration_id[:60]!r}",
            field="gateway_configuration_id",
        )
    return name


def wanted(tx: UniverseTx, name: str) -> tuple[str, ...]:
    """The inputs of a method; Refused where it has none."""
    found = gateways.gateway_profile(tx, name)[1].native
    if not found or "app" in found:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{name} asks customers for nothing in the merchant's form (native: none); send them to its page instead",
        )
    return native_inputs.asked(found)


def check(wanted: tuple[str, ...], given: Mapping[str, str], beside: Mapping[str, Any] | None = None) -> None:
    """Refuse what is missing, then what is wrong, with all of it at once; `beside` is shown with the refusal."""
    missing, wrong = native_inputs.check(wanted, given)
    for code, found in (("gateway.missing-customer-input", missing), ("gateway.invalid-customer-input", wrong)):
        if found:
            key, message = next(iter(found.items()))
            named = [{"name": key, "message": message} for key, message in found.items()]
            raise InvalidFields(code, f"{key}: {message}", named, beside)


def source(name: str) -> Source:
    """What pays once the customer entered all that was asked for: the method says later that it did."""
    return Source(request=GatewayRequest(name, "", is_pending=True))
