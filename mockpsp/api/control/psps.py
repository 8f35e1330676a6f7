"""PSP profiles on offer in this universe, its own ones, and which gateway takes a payment."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.fields import Items, Object, StrictBody, Text, plain
from mockpsp.api.wire.fields import fields as schema_fields
from mockpsp.api.wire.http import reads, takes, writes
from mockpsp.catalog import NAME, NAME_IN_WORDS, CatalogError
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.domain.payments.money import check_currency
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways, payouts
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("sandbox_psps", __name__)

_MAX_OWN = 100
_INVALID = "request.validation.error"
#: Facts of profiles, which the catalog reads: names and values as in a profile's file.
_FACTS = {"type": "object", "properties": {"like": {"type": "string"}}, "additionalProperties": True}


class RoutingRuleRequest(StrictBody):
    """Payments that match go to the gateway."""

    match = Object(required=True)
    gateway = Text(required=True)


class RoutingRequest(StrictBody):
    """Which gateway takes a payment: the first rule that matches, else the default."""

    default = Text()
    rules = Items(schema_fields.Nested(RoutingRuleRequest()), _MAX_OWN, load_default=list)


@blueprint.get("/sandbox/psps")
@reads
def list_psps(tx: UniverseTx) -> dict[str, Any]:
    """The profiles on offer."""
    return {"psps": [profile_json(gateways.gateway_profile(tx, name)[1]) for name in gateways.psps(tx)]}


@blueprint.get("/sandbox/psps/<name>")
@reads
def show_psp(tx: UniverseTx, name: str) -> dict[str, Any]:
    """One profile in full."""
    return {"psp": profile_json(gateways.gateway_profile(tx, name)[1])}


@blueprint.put("/sandbox/psps/<name>")
@writes()
@takes(_FACTS)
def put_psp(tx: UniverseTx, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Give this universe a PSP of its own: a profile like another one (`like`), with single facts overridden."""
    own = tx.project.settings.setdefault("psps", {})
    if "gateway" in gateways.configuration(tx, name):
        raise Refused(_INVALID, f"name: {name} is a gateway configuration of this universe already")
    if not NAME.fullmatch(name) or tx.catalog.find(name) is not None:
        raise Refused(_INVALID, f"name: {NAME_IN_WORDS}, and not the name or alias of a known PSP")
    if name not in own and len(own) >= _MAX_OWN:
        raise Refused(_INVALID, f"a universe has at most {_MAX_OWN} PSPs of its own")
    facts = plain(body)
    try:
        tx.catalog.derive(name, facts)
    except CatalogError as error:
        raise Refused(_INVALID, str(error)) from None
    own[name] = facts
    tx.is_project_changed = True
    profile = gateways.gateway_profile(tx, name)[1]
    payouts.replan(tx, name)
    return {"psp": profile_json(profile)}


@blueprint.get("/sandbox/routing")
@reads
def show_routing(tx: UniverseTx) -> dict[str, Any]:
    """Which gateway takes a payment."""
    return {"routing": _routing(tx)}


@blueprint.put("/sandbox/routing")
@writes(RoutingRequest())
def change_routing(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Set the default gateway, and rules by currency."""
    kept = _routing(tx)
    if "default" in body:
        kept["default"] = gateways.gateway_profile(tx, body["default"])[0]
    for rule in body["rules"]:
        rule["gateway"] = gateways.gateway_profile(tx, rule["gateway"])[0]
        if set(rule["match"]) != {"currency"} or not isinstance(rule["match"]["currency"], str):
            raise Refused(_INVALID, 'rules: match must be {"currency": CODE}', field="rules")
        rule["match"] = {"currency": check_currency(rule["match"]["currency"])}
    kept["rules"] = body["rules"]
    tx.project.settings["routing"] = kept
    tx.is_project_changed = True
    return {"routing": kept}


def _routing(tx: UniverseTx) -> dict[str, Any]:
    found = tx.project.settings.get("routing", {})
    return {"default": found.get("default", gateways.DEFAULT_GATEWAY), "rules": found.get("rules", [])}
