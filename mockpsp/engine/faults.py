"""The faults of a universe: kept in its settings, which every transaction has at hand, and counted call by call.

So a universe without faults pays one look into a dictionary for them, a reset drops them and a copy has them too.
Every fault that fits a call counts it, whoever meets it; from its nth on, the first of them meets as many as it may.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from mockpsp.domain import faults
from mockpsp.domain.faults import Deed, Outage
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments

#: The setting that is there as long as a fault may still meet a call.
LIVE = "faults_live"
#: How many a universe may have: each call looks at all of them.
FAULTS_MAX = 100
#: The calls that a fault is listed with: the last ones that it met.
HITS_SHOWN = 10

_ALL = "faults"
_PATH_SHOWN = 200


class Call(NamedTuple):
    """A request as faults look at it."""

    method: str
    path: str
    key: str | None
    #: The gateway that its header names.
    header: str | None


class Hit(NamedTuple):
    """A fault that meets a call: None as its outage where a status takes the answer's place."""

    id: str
    deed: Deed
    when: str | None
    outage: Outage | None

    @property
    def is_lost(self) -> bool:
        """Whether the request never arrived, and so has no answer either."""
        return self.outage is not None and self.when == faults.BEFORE

    def __str__(self) -> str:
        status = f" {self.deed.status}" if self.deed.status else ""
        return f"{self.deed.word}{status} {self.when}" if self.when else self.deed.word


def listed(tx: UniverseTx) -> list[dict[str, Any]]:
    """The faults of a universe in the order they are tried, used up ones included."""
    found: list[dict[str, Any]] = tx.project.settings.get(_ALL, [])
    return found


def add(tx: UniverseTx, fault: dict[str, Any]) -> dict[str, Any]:
    """A new fault, behind those there are; Refused where there are too many."""
    there = listed(tx)
    if len(there) >= FAULTS_MAX:
        raise Refused(
            "request.validation.error",
            f"this universe has {len(there)} faults, used up ones included, and each call looks at all of them; at "
            f"most {FAULTS_MAX} go: DELETE /sandbox/faults/ID takes one away, DELETE /sandbox/faults all",
        )
    made = {"seq": tx.mint.next(), **fault, "calls": 0, "used": 0, "hits": []}
    _keep(tx, [*there, made])
    return made


def remove(tx: UniverseTx, seq: int | None = None) -> int:
    """Take one fault away, or all; how many went."""
    there = listed(tx)
    left = [] if seq is None else [one for one in there if one["seq"] != seq]
    _keep(tx, left)
    return len(there) - len(left)


def meet(tx: UniverseTx, call: Call) -> Hit | None:
    """Count a call at every fault that fits it; what the first of them does to it, if its turn has come."""
    found: dict[str, Any] | None = None
    is_counted = False
    gateway = _Gateway(tx, call)
    for one in listed(tx):
        if one["used"] < one["times"] and _fits(one, call, gateway):
            is_counted = True
            one["calls"] += 1
            if found is None and one["calls"] >= one["nth"]:
                found = one
    if not is_counted:
        return None
    hit = None if found is None else _hit(tx, found, call)
    _keep(tx, listed(tx))
    return hit


def _hit(tx: UniverseTx, fault: dict[str, Any], call: Call) -> Hit:
    deed = faults.read_deed(fault["do"])
    wait_ms = faults.drawn_ms(deed, tx.key, fault["seq"], fault["calls"])
    noted = {
        "call": fault["calls"],
        "at_ms": tx.now_ms,
        "method": call.method,
        "path": hide_card_numbers(call.path)[:_PATH_SHOWN],
    }
    if call.key is not None:
        noted["key"] = hide_card_numbers(call.key)[:_PATH_SHOWN]
    if deed.word == "delay":
        noted["delay_ms"] = wait_ms
    fault["used"] += 1
    fault["hits"] = [*fault["hits"], noted][-HITS_SHOWN:]
    return Hit(tx.id("fault_", fault["seq"]), deed, fault.get("when"), faults.outage(deed, fault.get("when"), wait_ms))


def _fits(fault: dict[str, Any], call: Call, gateway: Callable[[], str | None]) -> bool:
    return (
        faults.meets(fault["match"], call.method, call.path)
        and fault.get("key", call.key) == call.key
        and ("gateway" not in fault or fault["gateway"] == gateway())
    )


def _keep(tx: UniverseTx, there: list[dict[str, Any]]) -> None:
    settings = tx.project.settings
    settings.pop(_ALL, None)
    settings.pop(LIVE, None)
    if there:
        settings[_ALL] = there
    if any(one["used"] < one["times"] for one in there):
        settings[LIVE] = True
    tx.is_project_changed = True


class _Gateway:
    """The gateway a call is about, looked up when a fault asks: its payment's, or the one that would take it."""

    def __init__(self, tx: UniverseTx, call: Call) -> None:
        self._tx, self._call = tx, call
        self._found: str | None = None
        self._is_known = False

    def __call__(self) -> str | None:
        if not self._is_known:
            self._is_known = True
            try:
                self._found = self._look()
            except Refused:  # the call itself will be told
                self._found = None
        return self._found

    def _look(self) -> str | None:
        tx, header = self._tx, self._call.header
        _, resource, wanted, *_ = [*self._call.path.split("/"), "", ""]
        loaded = None
        if resource == "transactions" and (seq := tx.seq("tr_", wanted)) is not None:
            loaded = payments.load_payment(tx.conn, tx.project.no, seq)
        elif resource == "invoices" and (seq := tx.seq("iv_", wanted)) is not None:
            loaded = payments.load_by_invoice(tx.conn, tx.project.no, seq)
        if loaded is None:
            return gateways.gateway_profile(tx, header)[0] if header else None
        payment, invoice = loaded
        return payment.gateway or gateways.route(tx, header, invoice, payment.currency)
