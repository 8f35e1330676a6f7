"""How gateways, their configurations and the project look on the wire: plain dicts, nothing expanded."""

from typing import Any

from mockpsp.api.wire.public_address import page_url
from mockpsp.domain.psps.profiles import CARD_METHODS
from mockpsp.domain.time.moments import EPOCH_MS, rfc3339_fraction
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.tx import Project

Shape = dict[str, Any]

#: What a project is answered in and when it began.
_API_VERSION = {"name": "1.3.0.1", "description": "", "created_at": rfc3339_fraction(EPOCH_MS)}
_CURRENCY = "USD"
#: Invented PSPs have one logo between them; a picture of dots, for apps draw no others.
LOGO = "static/logo.png"
#: Payment method -> the flow a payer goes through.
_FLOWS = {**dict.fromkeys(CARD_METHODS, "direct"), "bank_debit": "direct"}


def project_body(tx: UniverseTx) -> dict[str, Any]:
    """What was set of the project."""
    found: dict[str, Any] = tx.project.settings.get("project", {})
    return found


def project(tx: UniverseTx, row: Project) -> Shape:
    """The universe as a project."""
    body = project_body(tx)
    return {
        "id": row.public_id,
        "supervisor_project_id": None,
        "api_version": _API_VERSION,
        "name": body.get("name", row.id),
        "logo_url": body.get("logo_url"),
        "email": body.get("email"),
        "default_currency": body.get("default_currency", _CURRENCY),
        "dunning_configuration": body.get("dunning_configuration", []),
        "feature_flags": [],
        "region_name": None,
        "applepay_settings": body.get("applepay_settings"),
        "gateway_configurations": None,
        "is_pulling": False,
        "is_pulling_initial": False,
        "sandbox": True,
        "created_at": rfc3339_fraction(row.opened_at_ms),
    }


def gateway_configuration(tx: UniverseTx, name: str) -> Shape:
    """A gateway configuration by its key, or by `key.account` for one of its sub-accounts."""
    key, _, account = name.partition(".")
    gateways.gateway_profile(tx, key)  # refuses a name this universe does not know
    body = gateways.configuration(tx, key)
    created_at = rfc3339_fraction(gateways.made_at_ms(tx, key))
    is_enabled = gateways.is_enabled(tx, key)
    return {
        "id": gateways.configuration_id(tx, key) + (f".{account}" if account else ""),
        "project_id": tx.project.public_id,
        "gateway_id": _gateway_number(tx, gateways.psp_of(tx, key)),
        "gateway_name": gateways.psp_of(tx, key),
        "name": body.get("name", key) + (f" ({account})" if account else ""),
        "default_currency": body.get("default_currency", project_body(tx).get("default_currency", _CURRENCY)),
        "processing_region": body.get("processing_region"),
        "enabled": is_enabled,
        "public_keys": body.get("public_keys", {}),
        "metadata": body.get("metadata", {}),
        "sub_accounts_enabled": [account] if account else body.get("sub_accounts_enabled", []),
        "config_entries": None,
        "is_pulling": False,
        "merchant_account_country_code": None,
        "sandbox": True,
        "created_at": created_at,
        "enabled_at": rfc3339_fraction(body["enabled_at_ms"])
        if "enabled_at_ms" in body
        else created_at
        if is_enabled
        else None,
    }


def gateway(tx: UniverseTx, name: str) -> Shape:
    """The PSP behind a gateway configuration."""
    name = gateways.psp_of(tx, name.partition(".")[0])
    _, profile = gateways.gateway_profile(tx, name)
    return {
        "id": name,
        "name": name,
        "display_name": name.replace("-", " ").title(),
        "logo_url": page_url(LOGO),
        "url": page_url("docs/psps"),
        "description": f"simulated; modelled on {', '.join(profile.models) or 'no one in particular'}",
        "flows": sorted({_FLOWS.get(method, "redirect") for method in profile.methods}),
        "tags": list(profile.methods),
        "can_pull_transactions": False,
        "can_refund": profile.refund != "none",
        "is_oauth_authentication": False,
    }


def logo() -> Shape:
    """The same picture on a light and on a dark page: of dots, and drawn."""
    address = {"raster": page_url(LOGO), "vector": page_url("static/icon.svg")}
    return {"light_url": address, "dark_url": dict(address)}


def _gateway_number(tx: UniverseTx, psp: str) -> int:
    known = list(tx.catalog.profiles)
    return known.index(psp) + 1 if psp in known else 1000 + sorted(tx.project.settings.get("psps", {})).index(psp)
