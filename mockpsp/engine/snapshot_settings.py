"""The settings of a universe that came in a file: each is one that is known here, and what it has to be.

To add a setting: its row in `_SETTINGS`; a test holds the table against a universe that has them all.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mockpsp.catalog import NAME, CatalogError
from mockpsp.domain import faults
from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS
from mockpsp.engine import gateways, misdelivery
from mockpsp.engine.faults import LIVE
from mockpsp.engine.snapshot_values import fits
from mockpsp.engine.universes import DELIVERY, FROM_FOLDER, UniverseTx

_BUCKETS = frozenset({"primary", "secondary", "sandbox"})
_COUNT_MAX = 10**9
#: Of a currency's reserve: a day, a moment and a number of its release, a moment and a number of its line.
_RESERVED = 5
_HIT: Mapping[str, Any] = {"call": int, "at_ms": int, "method": str, "path": str, "key": str, "delay_ms": int}
_FAULT: Mapping[str, Any] = {
    "seq": int,
    "match": str,
    "do": str,
    "when": str | None,
    "key": str,
    "gateway": str,
    "nth": int,
    "times": int,
    "calls": int,
    "used": int,
}
_CONFIGURATION: Mapping[str, Any] = {
    "gateway": str,
    "number": int,
    "created_at_ms": int,
    "enabled_at_ms": int,
    "deleted_at_ms": int,
    "id": str,
    "name": str,
    "enabled": bool,
    "default_currency": str,
    "processing_region": str,
    "metadata": dict[str, str],
    "sub_accounts_enabled": tuple[str, ...],
    "public_keys": dict[str, str],
}


def wrong_setting(tx: UniverseTx, settings: Mapping[str, Any]) -> str:
    """What is wrong with the settings, the first thing there is; empty where nothing is. `tx` has them."""
    for name, value in settings.items():
        check = _SETTINGS.get(name)
        if check is None:
            return f"project.settings.{name[:40]} is no setting of this version"
        try:
            said = check(tx, value)
        except (CatalogError, Refused) as error:
            said = error.message if isinstance(error, Refused) else str(error)
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            said = f"can't be read ({type(error).__name__}: {str(error)[:80]})"
        if said:
            return f"project.settings.{name}: {said}"
    return ""


def _opened_at(tx: UniverseTx, value: Any) -> str:
    return "" if fits(value, int) and EARLIEST_MS <= value <= LATEST_MS else "it is no moment in milliseconds"


def _delivery(tx: UniverseTx, value: Any) -> str:
    return "" if misdelivery.is_well_formed(value) else "it holds no rules of PUT /sandbox/delivery"


def _names(tx: UniverseTx, value: Any) -> str:
    return "" if fits(value, tuple[str, ...]) else "it is no list of names"


def _planned(tx: UniverseTx, value: Any) -> str:
    if not fits(value, tuple[str, ...]):
        return "it is no list of gateways"
    return next((f"there is no gateway {name[:40]!r}" for name in value if not _is_gateway(tx, name)), "")


def _reserves(tx: UniverseTx, value: Any) -> str:
    for name, kept in value.items():
        if not _is_gateway(tx, name):
            return f"there is no gateway {name[:40]!r}"
        for currency, place in kept.items():
            if currency not in EXPONENT_BY_CURRENCY or not fits(place, tuple[int, ...]) or len(place) != _RESERVED:
                return f"{name[:40]}: it is not where the last share of a currency went"
            if not all(0 <= number < 1 << 53 for number in place):
                return f"{name[:40]}: a number is none"
    return ""


def _psps(tx: UniverseTx, value: Any) -> str:
    for name, facts in value.items():
        if not NAME.fullmatch(name) or tx.catalog.find(name) is not None:
            return f"{name[:40]!r} is no name of a PSP of its own"
        tx.catalog.derive(name, facts, is_kept=True)
    return ""


def _configurations(tx: UniverseTx, value: Any) -> str:
    for key, body in value.items():
        if wrong := _unlike(body, _CONFIGURATION):
            return f"{key[:40]}: {wrong}"
        if "gateway" in body and ("number" not in body or "created_at_ms" not in body or "name" not in body):
            return f"{key[:40]}: number, created_at_ms or name is missing"
        if body.get("gateway", key) not in gateways.psps(tx):
            return f"{key[:40]}: there is no PSP {body.get('gateway', key)[:40]!r}"
        if body.get("default_currency", "EUR") not in EXPONENT_BY_CURRENCY:
            return f"{key[:40]}: default_currency is no currency"
        if not all(EARLIEST_MS <= body.get(name, 0) <= LATEST_MS for name in body if name.endswith("_at_ms")):
            return f"{key[:40]}: a moment is none"
    return ""


def _routing(tx: UniverseTx, value: Any) -> str:
    if value.keys() != {"default", "rules"} or not _is_gateway(tx, value["default"]):
        return "it holds no default gateway of this universe beside its rules"
    for rule in value["rules"]:
        if rule.keys() != {"match", "gateway"} or not _is_gateway(tx, rule["gateway"]):
            return "a rule names no gateway of this universe"
        if rule["match"].keys() != {"currency"} or rule["match"]["currency"] not in EXPONENT_BY_CURRENCY:
            return "a rule matches no currency"
    return ""


def _project(tx: UniverseTx, value: Any) -> str:
    return "" if isinstance(value, dict) else "it is no object"  # what it holds is shown


def _rate_limit(tx: UniverseTx, value: Any) -> str:
    holds = fits(value, dict[str, int]) and value.keys() <= _BUCKETS and all(0 < n <= 10**6 for n in value.values())
    return "" if holds else "it holds no requests a minute by bucket"


def _flag(tx: UniverseTx, value: Any) -> str:
    return "" if isinstance(value, bool) else "it is neither true nor false"


def _count(tx: UniverseTx, value: Any) -> str:
    return "" if fits(value, int) and 0 < value <= _COUNT_MAX else "it is no count"


def _faults(tx: UniverseTx, value: Any) -> str:
    if not isinstance(value, list):
        return "it is no list"
    for one in value:
        rest = {name: inner for name, inner in one.items() if name != "hits"}
        if wrong := _unlike(rest, _FAULT, optional={"key", "gateway"}) or next(
            (wrong for hit in one["hits"] if (wrong := _unlike(hit, _HIT, optional={"key", "delay_ms"}))), ""
        ):
            return wrong
        if not (0 <= one["used"] <= one["calls"] <= _COUNT_MAX and one["nth"] > 0 and 0 < one["times"] <= _COUNT_MAX):
            return "a fault's counts don't go together"
        if not all(EARLIEST_MS <= hit["at_ms"] <= LATEST_MS for hit in one["hits"]):
            return "a moment is none"
        if not 0 < one["seq"] < 1 << 53:
            return "a fault's number is none"
        deed = faults.read_deed(one["do"])
        if faults.side_of(deed, one["when"]) != one["when"] or faults.read_route(one["match"]) != one["match"]:
            return "a fault is not what POST /sandbox/faults makes"
    return ""


def _unlike(found: Any, kinds: Mapping[str, Any], *, optional: Any = None) -> str:
    """The first member that is unknown, missing or of another kind; without `optional` all may be missing."""
    if not isinstance(found, dict):
        return "a member is no object"
    wrong = next((name for name, value in found.items() if name not in kinds or not fits(value, kinds[name])), None)
    if wrong is not None:
        return f"{wrong[:40]!r} is not what is kept there"
    missing = set() if optional is None else kinds.keys() - found.keys() - optional
    return f"{min(missing)} is missing" if missing else ""


def _is_gateway(tx: UniverseTx, name: Any) -> bool:
    return isinstance(name, str) and name in {*gateways.psps(tx), *tx.project.settings.get("configurations", {})}


_SETTINGS: Mapping[str, Callable[[UniverseTx, Any], str]] = {
    "opened_at_ms": _opened_at,
    DELIVERY: _delivery,
    FROM_FOLDER: _names,
    "planned_payouts": _planned,
    "psps": _psps,
    "configurations": _configurations,
    "routing": _routing,
    "project": _project,
    "rate_limit": _rate_limit,
    "refund_failed_event": _flag,
    "waiting_refunds": _count,
    "reserves": _reserves,
    "faults": _faults,
    LIVE: _flag,
}
