"""Gateways, which are the PSPs, and their configurations: one for each PSP this universe knows, and those made beside.

Credentials of a PSP (`settings`) are read for what is public in them and dropped: nothing here needs them, so nothing
here keeps them.
"""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from mockpsp.api.requests import lookups
from mockpsp.api.shapes.expansions import show, show_all
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Flag, Items, Object, Text, TextMap, shaped
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.payments import money
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("gateway_configurations", __name__)

#: Filter -> whether a profile passes it. No method makes tokens yet.
FILTERS: dict[str, Callable[[PspProfile], bool]] = {
    "card-payments": lambda profile: "card" in profile.methods,
    "alternative-payment-methods": lambda profile: not profile.takes_cards_alone,
    "alternative-payment-methods-with-tokenization": lambda profile: False,
    "native-alternative-payment-methods": lambda profile: bool(profile.native),
}
#: How many configurations of a universe differ from those of its opening, at most.
_MAX_MADE = 100
_ID = re.compile(r"gway_conf_[A-Za-z0-9-]{1,54}")
#: A setting whose name says that browsers may know it.
_PUBLIC = re.compile(r"public|publishable", re.I)
#: How the keys of real accounts begin, whoever gives them out.
_LIVE = re.compile(r"(?:^|[^a-z0-9])(?:live|prod)[_-]|_live(?:_|$)", re.I)
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False, "none": False, "null": False}


class GatewayConfigurationRequest(Body):
    """What can be set of a gateway configuration."""

    id = Text(64)
    name = Text(80)
    enabled = Flag()
    default_currency = Text(3)
    processing_region = Text(80)
    metadata = TextMap()
    settings = Object()
    sub_accounts_enabled = Items(Text(64, validate=shaped("[A-Za-z0-9_-]+", "letters, digits, '_' and '-' alone")))


@blueprint.get("/gateway-configurations")
@reads
def list_gateway_configurations(tx: UniverseTx) -> dict[str, Any]:
    """List gateway configurations, in the order of the catalog; disabled ones with `with_disabled`."""
    return _page(tx, gateways.configuration_keys(tx))


@blueprint.get("/gateways")
@reads
def list_gateways(tx: UniverseTx) -> dict[str, Any]:
    """List gateways: the PSPs of this universe, as `/sandbox/psps` shows them in full."""
    tree = request_expansion()
    named = [(name, name) for name in gateways.psps(tx)]
    return paging.page_of("gateways", named, lambda names: show_all(tx, "gateway", names, tree))


@blueprint.get("/gateways/<gateway_name>")
@reads
def fetch_gateway(tx: UniverseTx, gateway_name: str) -> dict[str, Any]:
    """Fetch a gateway by its name or alias."""
    return {"gateway": show(tx, "gateway", _psp(tx, gateway_name), request_expansion())}


@blueprint.get("/gateways/<gateway_name>/gateway-configurations")
@reads
def list_configurations_of_gateway(tx: UniverseTx, gateway_name: str) -> dict[str, Any]:
    """List the configurations of one gateway, disabled ones with `with_disabled`."""
    psp = _psp(tx, gateway_name)
    return _page(tx, [key for key in gateways.configuration_keys(tx) if gateways.psp_of(tx, key) == psp])


@blueprint.post("/gateways/<gateway_name>/gateway-configurations")
@writes(GatewayConfigurationRequest())
def create_gateway_configuration(tx: UniverseTx, body: dict[str, Any], gateway_name: str) -> dict[str, Any]:
    """Make a further configuration of a gateway: a merchant account of its own, with books of its own."""
    psp = _psp(tx, gateway_name)
    _guard_room(tx)
    key = gateways.new_key(tx, body.get("name", ""), psp)
    kept = {"gateway": psp, "number": tx.mint.next(), "created_at_ms": tx.now_ms, "name": key}
    if "id" in body:
        kept["id"] = _chosen_id(tx, body["id"])
    if body.get("enabled", True):
        kept["enabled_at_ms"] = tx.now_ms
    gateways.save_configuration(tx, key, _changed(tx, kept, body))
    return _shown(tx, key)


@blueprint.get("/gateway-configurations/<configuration_id>")
@reads
def fetch_gateway_configuration(tx: UniverseTx, configuration_id: str) -> dict[str, Any]:
    """Fetch a gateway configuration, or one of its sub-accounts."""
    key = lookups.gateway(tx, configuration_id)
    account = configuration_id.partition(".")[2]
    return _shown(tx, f"{key}.{account}" if account else key)


@blueprint.put("/gateway-configurations/<configuration_id>")
@writes(GatewayConfigurationRequest())
def update_gateway_configuration(tx: UniverseTx, body: dict[str, Any], configuration_id: str) -> dict[str, Any]:
    """Change what is given of a gateway configuration; a disabled one takes no new payments."""
    key = lookups.gateway(tx, configuration_id)
    kept = dict(gateways.configuration(tx, key))
    if not kept:
        _guard_room(tx)
    if body.get("enabled") and not gateways.is_enabled(tx, key):
        kept["enabled_at_ms"] = tx.now_ms
    gateways.save_configuration(tx, key, _changed(tx, kept, body))
    return _shown(tx, key)


@blueprint.delete("/gateway-configurations/<configuration_id>")
@writes()
def delete_gateway_configuration(tx: UniverseTx, body: dict[str, Any], configuration_id: str) -> dict[str, Any]:
    """Delete a gateway configuration; its payments stay, and are captured and refunded as before."""
    key = lookups.gateway(tx, configuration_id)
    kept = gateways.configuration(tx, key)
    if not kept:
        _guard_room(tx)
    gateways.save_configuration(tx, key, {**kept, "deleted_at_ms": tx.now_ms})
    return {}


def _page(tx: UniverseTx, keys: list[str]) -> dict[str, Any]:
    tree = request_expansion()
    if not _flag("with_disabled"):
        keys = [key for key in keys if gateways.is_enabled(tx, key)]
    listed = _filtered(tx, keys)
    if _flag("expand_merchant_accounts"):
        tree = {"gateway": {}, **tree}  # clients that send it read the gateway, and ask for it by nothing else
        listed = [name for key in listed for name in _accounts(tx, key)]
    named = [(_id_of(tx, name), name) for name in listed]
    return paging.page_of(
        "gateway_configurations",
        named,
        lambda names: show_all(tx, "gateway_configuration", names, tree),
        is_filtered=True,
    )


def _filtered(tx: UniverseTx, keys: list[str]) -> list[str]:
    wanted = paging.read_filter(tuple(FILTERS))
    if wanted is None:
        return keys
    return [key for key in keys if FILTERS[wanted](gateways.gateway_profile(tx, key)[1])]


def _accounts(tx: UniverseTx, key: str) -> list[str]:
    """A configuration as its sub-accounts, or itself where it has none."""
    accounts = gateways.configuration(tx, key).get("sub_accounts_enabled") or []
    return [f"{key}.{account}" for account in accounts] or [key]


def _id_of(tx: UniverseTx, name: str) -> str:
    key, _, account = name.partition(".")
    return gateways.configuration_id(tx, key) + (f".{account}" if account else "")


def _flag(name: str) -> bool:
    """A boolean of the query; SDKs write an unset one as None, null or nothing."""
    text = request.args.get(name, "")
    if text.lower() not in _FLAGS:
        raise Refused("request.validation.error", f"{name} is {text[:40]!r}; it must be true or false", field=name)
    return _FLAGS[text.lower()]


def _psp(tx: UniverseTx, name: str) -> str:
    """The PSP of that name or alias."""
    profile = tx.catalog.find(name)
    found = profile.name if profile is not None else name
    if found not in gateways.psps(tx):
        raise lookups.not_found("gateway")
    return found


def _shown(tx: UniverseTx, name: str) -> dict[str, Any]:
    return {"gateway_configuration": show(tx, "gateway_configuration", name, request_expansion())}


def _guard_room(tx: UniverseTx) -> None:
    if gateways.count_made(tx) >= _MAX_MADE:
        raise Refused("request.too-much", f"at most {_MAX_MADE} gateway configurations can be made or changed")


def _chosen_id(tx: UniverseTx, chosen: str) -> str:
    """An id the client chose; Refused when it has another shape or is taken."""
    if not _ID.fullmatch(chosen):
        raise Refused("request.validation.invalid-id", "id must be gway_conf_ and letters, digits or '-'", field="id")
    if gateways.key_of_id(tx, chosen) is not None:
        raise Refused("request.validation.invalid-id", f"id: {chosen} is taken", field="id")
    return chosen


def _changed(tx: UniverseTx, kept: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a configuration once `body` was given."""
    given = {name: value for name, value in body.items() if name not in ("id", "settings")}
    if "default_currency" in given:
        given["default_currency"] = money.check_currency(given["default_currency"])
    if "settings" in body:
        given["public_keys"] = {**kept.get("public_keys", {}), **_public_keys(body["settings"])}
    return {**kept, **given}


def _public_keys(settings: dict[str, Any]) -> dict[str, str]:
    """What browsers may know of a PSP's credentials; Refused, without repeating it, for what could be a real one."""
    found = {}
    for name, value in settings.items():
        if value is None:
            continue
        if not isinstance(value, str | bool | int):
            raise _invalid(f"settings: {name[:80]!r} must be text, a number or a boolean")
        if _LIVE.search(str(value)):
            raise _invalid(
                f"settings: {name[:80]!r} looks like a live credential, and none belongs in a sandbox; nothing was kept"
            )
        if _PUBLIC.search(name):
            found[name] = str(value)
    return found


def _invalid(message: str) -> Refused:
    return Refused("request.validation.invalid-settings", message, field="settings")
