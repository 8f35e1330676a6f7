"""Which gateway configuration takes a payment, and the profile behind it.

A universe opens with one configuration per built-in profile, named like it; its own ones (`PUT /sandbox/psps/NAME`) are
kept in its settings and go before those.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mockpsp.catalog import Catalog
from mockpsp.domain.codes import GATEWAY_NOT_AVAILABLE, Refused
from mockpsp.domain.profiles import PspProfile
from mockpsp.universes import UniverseTx

DEFAULT = "sandbox"
#: The id that ProcessOut's published examples and SDK tests use for the sandbox gateway.
_SANDBOX_ID = "44ae90db0a62f819a404ef6a8ff994ca"


def gateway_profile(tx: UniverseTx, name: str) -> tuple[str, PspProfile]:
    """(gateway name, profile) for a name or alias; Refused when the universe has no such gateway."""
    own = tx.project.settings.get("psps", {}).get(name)
    if own is not None:
        return name, _own_profile(tx.catalog, name, json.dumps(own, sort_keys=True))
    profile = tx.catalog.find(name)
    if profile is None:
        known = ", ".join(names(tx))
        raise Refused(GATEWAY_NOT_AVAILABLE, f"there is no gateway called {name[:80]!r} here; known: {known}")
    return profile.name, profile


def names(tx: UniverseTx) -> list[str]:
    """All gateway names of this universe, built-in ones first."""
    return [*tx.catalog.profiles, *(name for name in tx.project.settings.get("psps", {}))]


def route(tx: UniverseTx, header: str | None, invoice: Mapping[str, Any], currency: str) -> str:
    """The gateway for a payment: the request's header, the invoice's metadata, the universe's rules, its default."""
    wanted = header or (invoice.get("metadata") or {}).get("mockpsp_gateway")
    if wanted:
        return gateway_profile(tx, wanted)[0]
    routing = tx.project.settings.get("routing", {})
    for rule in routing.get("rules", ()):
        if rule["match"].get("currency", currency) == currency:
            return str(rule["gateway"])
    return str(routing.get("default", DEFAULT))


def named(tx: UniverseTx, wanted: str) -> str | None:
    """The gateway whose configuration has that id, with or without a sub-account after a dot; None: there is none."""
    wanted = wanted.partition(".")[0]
    return next((name for name in names(tx) if configuration_id(tx, name) == wanted), None)


def configuration_id(tx: UniverseTx, name: str) -> str:
    """The `gway_conf_` id of a gateway: the published one for the sandbox, else derived from the universe's seed."""
    return _configuration_id(tx.key, name)


@lru_cache(maxsize=4096)
def _configuration_id(key: bytes, name: str) -> str:
    if name == DEFAULT:
        return f"gway_conf_{_SANDBOX_ID}"
    return "gway_conf_" + hashlib.blake2b(name.encode(), key=key, digest_size=16).hexdigest()


@lru_cache(maxsize=1024)
def _own_profile(catalog: Catalog, name: str, overrides: str) -> PspProfile:
    return catalog.derive(name, json.loads(overrides))
