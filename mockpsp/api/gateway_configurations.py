"""Gateway configurations: one for each PSP this universe knows."""

from typing import Any

from flask import Blueprint

from mockpsp import gateways
from mockpsp.api import lookups, paging
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show
from mockpsp.api.http import reads
from mockpsp.domain.codes import Refused
from mockpsp.universes import UniverseTx

blueprint = Blueprint("gateway_configurations", __name__)

_METHODS_BY_FILTER = {
    "card-payments": ("card",),
    "alternative-payment-methods": ("bank_debit", "bank_redirect", "wallet", "bnpl"),
    "alternative-payment-methods-with-tokenization": (),
    "native-alternative-payment-methods": (),
}


@blueprint.get("/gateway-configurations")
@reads
def list_gateway_configurations(tx: UniverseTx) -> dict[str, Any]:
    """List gateway configurations, in the order of the catalog."""
    tree = request_expansion()
    named = [(gateways.configuration_id(tx, name), name) for name in _filtered(tx)]
    return paging.page_of("gateway_configurations", named, lambda name: show(tx, "gateway_configuration", name, tree))


@blueprint.get("/gateway-configurations/<configuration_id>")
@reads
def fetch_gateway_configuration(tx: UniverseTx, configuration_id: str) -> dict[str, Any]:
    """Fetch a gateway configuration."""
    for name in gateways.names(tx):
        if gateways.configuration_id(tx, name) == configuration_id:
            return {"gateway_configuration": show(tx, "gateway_configuration", name, request_expansion())}
    raise lookups.not_found("gateway configuration")


def _filtered(tx: UniverseTx) -> list[str]:
    from flask import request

    wanted = request.args.get("filter") or None
    names = gateways.names(tx)
    if wanted is None:
        return names
    if wanted not in _METHODS_BY_FILTER:
        known = ", ".join(_METHODS_BY_FILTER)
        raise Refused("request.filter.invalid", f"filter is {wanted[:60]!r}; known: {known}")
    methods = set(_METHODS_BY_FILTER[wanted])
    return [name for name in names if methods & set(gateways.gateway_profile(tx, name)[1].methods)]
