"""Which gateway configuration takes a payment, and the profile behind it.

A universe opens with one configuration per built-in profile, named like it, and one for each PSP of its own
(`PUT /sandbox/psps/NAME`). Further ones are made by the API. All that differs from the opening is in the project's
settings, which every transaction has at hand: `configurations` by key. The key is what payments and the books keep as
their gateway; it never changes, whatever the configuration's label becomes.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mockpsp.catalog import Catalog
from mockpsp.catalog.profile_files import CatalogError
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text.codes import GATEWAY_NOT_AVAILABLE, Refused
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.engine.universes import FROM_FOLDER, UniverseTx

DEFAULT_GATEWAY = "sandbox"
MISSING = "request.configuration.missing-gateway-configuration"
#: The id that ProcessOut's published examples and SDK tests use for the sandbox gateway.
_SANDBOX_ID = "44ae90db0a62f819a404ef6a8ff994ca"
_SETTING = "configurations"
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
_KEY_MAX = 40


def gateway_profile(tx: UniverseTx, name: str) -> tuple[str, PspProfile]:
    """(key, profile) of a gateway or configuration by its name, alias, id or label; Refused when there is none."""
    settings = tx.project.settings
    own = settings.get("psps", {}).get(name)
    if own is not None:
        _note(tx, str(own.get("like")))
        kept = tx.own_profiles.get(name)
        if kept is None or kept[0] is not own:  # told by its facts' text, which takes longer than all else here
            kept = tx.own_profiles[name] = (own, _own_profile(tx.catalog, name, json.dumps(own, sort_keys=True)))
        return name, kept[1]
    made = settings.get(_SETTING, {}).get(name)
    if made is not None and "gateway" in made:
        return name, gateway_profile(tx, made["gateway"])[1]
    profile = tx.catalog.find(name)
    if profile is not None:
        _note(tx, profile.name)
        return profile.name, profile
    key = key_of_id(tx, name) or _labelled(tx, name)
    if key is None:
        known = configuration_keys(tx)
        near = nearest_name(name, [*known, *tx.catalog.profiles.owner_by_alias()])
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"
        raise Refused(GATEWAY_NOT_AVAILABLE, f"there is no gateway called {name[:80]!r} here; {hint}")
    return key, gateway_profile(tx, key)[1]


def kept_profile(catalog: Catalog, settings: Mapping[str, Any], key: str) -> PspProfile | None:
    """The profile behind a gateway of a file that is only read; None: its folder of profiles is not at hand."""
    psp = str(settings.get(_SETTING, {}).get(key, {}).get("gateway", key))
    own = settings.get("psps", {}).get(psp)
    try:
        return catalog.find(psp) if own is None else catalog.derive(psp, own, is_kept=True)
    except CatalogError:
        return None


def kept_gateway(catalog: Catalog, settings: Mapping[str, Any], name: str) -> str | None:
    """The key of a gateway that is meant by its key, or by a PSP's name or alias; None: there is none."""
    if name in settings.get("psps", {}) or "gateway" in settings.get(_SETTING, {}).get(name, {}):
        return name
    profile = catalog.find(name)
    return None if profile is None else profile.name


def psps(tx: UniverseTx) -> list[str]:
    """The names of all PSPs of this universe, built-in ones first."""
    return list(dict.fromkeys([*tx.catalog.profiles, *tx.project.settings.get("psps", {})]))


def configuration_keys(tx: UniverseTx) -> list[str]:
    """The keys of all gateway configurations that were not deleted: one for each PSP, then those made since."""
    changed = tx.project.settings.get(_SETTING, {})
    made = [key for key, body in changed.items() if "gateway" in body]
    made.sort(key=lambda key: int(changed[key]["number"]))
    return [key for key in [*psps(tx), *made] if "deleted_at_ms" not in changed.get(key, {})]


def psp_of(tx: UniverseTx, key: str) -> str:
    """The name of the PSP behind a configuration."""
    return str(configuration(tx, key).get("gateway", key))


def configurations_of_psp(tx: UniverseTx, psp: str) -> list[str]:
    """The keys of all gateway configurations at a PSP, deleted ones included."""
    changed = tx.project.settings.get(_SETTING, {})
    return [psp, *(key for key, body in changed.items() if body.get("gateway") == psp)]


def configuration(tx: UniverseTx, key: str) -> dict[str, Any]:
    """What was set of a configuration; empty for one that is as it was at the opening."""
    found: dict[str, Any] = tx.project.settings.get(_SETTING, {}).get(key, {})
    return found


def save_configuration(tx: UniverseTx, key: str, body: dict[str, Any]) -> None:
    """Keep what was set of a configuration."""
    tx.project.settings.setdefault(_SETTING, {})[key] = body
    tx.is_project_changed = True


def count_made(tx: UniverseTx) -> int:
    """How many configurations were made or changed, deleted ones included."""
    return len(tx.project.settings.get(_SETTING, {}))


def new_key(tx: UniverseTx, wish: str, psp: str) -> str:
    """A key for a new configuration: its label in small letters, or the PSP's name, with a number where it is taken."""
    stem = _NOT_IN_KEYS.sub("-", wish.lower()).strip("-")[:_KEY_MAX] or psp
    taken = {*psps(tx), *tx.project.settings.get(_SETTING, {})}
    taken |= set(tx.catalog.profiles.owner_by_alias())
    candidates: Iterator[str] = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(key for key in candidates if key not in taken)


def is_enabled(tx: UniverseTx, key: str) -> bool:
    """Whether a configuration takes payments."""
    body = configuration(tx, key)
    return bool(body.get("enabled", True)) and "deleted_at_ms" not in body


def guard_enabled(tx: UniverseTx, key: str) -> None:
    """Refuse a payment at a configuration that was switched off or deleted; what it began before goes on."""
    if is_enabled(tx, key):
        return
    why = "was deleted" if "deleted_at_ms" in configuration(tx, key) else "is disabled"
    raise Refused(GATEWAY_NOT_AVAILABLE, f"the gateway configuration {key} {why} and takes no payment")


def route(tx: UniverseTx, header: str | None, invoice: Mapping[str, Any], currency: str) -> str:
    """The gateway for a payment: the request's header, the invoice's metadata, the universe's rules, its default."""
    return route_with_rule(tx, header, invoice, currency)[0]


def route_with_rule(
    tx: UniverseTx, header: str | None, invoice: Mapping[str, Any], currency: str
) -> tuple[str, list[str]]:
    """The gateway as `route` finds it, and the rule that led there: its number, then its conditions."""
    wanted = header or (invoice.get("metadata") or {}).get("mockpsp_gateway")
    if wanted:
        return gateway_profile(tx, wanted)[0], []
    routing = tx.project.settings.get("routing", {})
    for number, rule in enumerate(routing.get("rules", ()), start=1):
        if rule["match"].get("currency", currency) == currency:
            conditions = [f"{name} == {value}" for name, value in rule["match"].items()]
            return str(rule["gateway"]), [f"rule-{number}-route", *conditions]
    default = str(routing.get("default", DEFAULT_GATEWAY))
    if "deleted_at_ms" in configuration(tx, default):
        raise Refused(
            MISSING,
            f"no gateway configuration takes this payment: the default one, {default}, was deleted; "
            "name another one, or set it with PUT /sandbox/routing",
        )
    return default, []


def key_of_id(tx: UniverseTx, wanted: str) -> str | None:
    """The key of the configuration with that id, with or without a sub-account after a dot; None: there is none."""
    wanted, _, account = wanted.partition(".")
    if not wanted.startswith("gway_conf_"):
        return None
    key = next((key for key in configuration_keys(tx) if configuration_id(tx, key) == wanted), None)
    if key is not None and account:
        _guard_account(tx, key, account)
    return key


def configuration_id(tx: UniverseTx, key: str) -> str:
    """The `gway_conf_` id: chosen, the published one for the sandbox, else derived from the universe's seed."""
    chosen: str | None = configuration(tx, key).get("id")
    return chosen or _configuration_id(tx.key, key)


def made_at_ms(tx: UniverseTx, key: str) -> int:
    """When a configuration was made; those of the opening were there from the start."""
    return int(configuration(tx, key).get("created_at_ms", tx.project.opened_at_ms))


def _note(tx: UniverseTx, name: str) -> None:
    """Remember that this universe needs a profile of the user's folder, see `Universes.guard_profiles`."""
    own = tx.catalog.profiles.own
    profile = tx.catalog.find(name) if own else None
    if profile is None or profile.name not in own or profile.name in tx.project.settings.get(FROM_FOLDER, ()):
        return
    tx.project.settings.setdefault(FROM_FOLDER, []).append(profile.name)
    tx.is_project_changed = True


def _guard_account(tx: UniverseTx, key: str, account: str) -> None:
    """Where sub-accounts were set, no other one goes."""
    enabled = configuration(tx, key).get("sub_accounts_enabled") or []
    if enabled and account not in enabled:
        raise Refused(
            "request.validation.invalid-subaccount",
            f"{key} has no sub-account {account[:40]!r}; enabled: {', '.join(enabled)}",
        )


def _labelled(tx: UniverseTx, label: str) -> str | None:
    """The first configuration with that label."""
    return next((key for key in configuration_keys(tx) if configuration(tx, key).get("name") == label), None)


@lru_cache(maxsize=4096)
def _configuration_id(key: bytes, name: str) -> str:
    if name == DEFAULT_GATEWAY:
        return f"gway_conf_{_SANDBOX_ID}"
    return "gway_conf_" + hashlib.blake2b(name.encode(), key=key, digest_size=16).hexdigest()


@lru_cache(maxsize=1024)
def _own_profile(catalog: Catalog, name: str, overrides: str) -> PspProfile:
    return catalog.derive(name, json.loads(overrides), is_kept=True)
