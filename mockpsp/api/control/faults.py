"""Faults on calls of the API (`/sandbox/faults`): asked for, listed with what each has hit, and taken away."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.faults import routes
from mockpsp.api.wire.fields import Count, StrictBody, Text, one_of
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain import faults as said
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine import faults
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("sandbox_faults", __name__)

_MAX_TIMES = 1_000_000
_INVALID = "request.validation.error"
_PREFIX = "fault_"
#: What is shown of a fault as it was asked for.
_SHOWN = ("match", "key", "gateway", "nth", "times", "when", "do")


class FaultRequest(StrictBody):
    """A fault. One whose condition is given and empty would meet calls it isn't meant for."""

    never_empty = frozenset({"match", "key", "gateway"})

    match = Text(330, required=True)
    key = Text(255)
    gateway = Text(80)
    nth = Count(1, _MAX_TIMES, load_default=1)
    times = Count(1, _MAX_TIMES, load_default=1)
    when = Text(validate=one_of((said.BEFORE, said.AFTER, said.WHILE)))
    do = Text(80, required=True)


@blueprint.post("/sandbox/faults")
@writes(FaultRequest())
def create_fault(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Let calls to come, or their answers, be lost, late, cut, garbled, or answered with another status."""
    fault: dict[str, Any] = {}
    for name, read in (
        ("match", lambda: said.read_route(body["match"], routes())),
        ("do", lambda: body["do"] if said.read_deed(body["do"]) else ""),
        ("when", lambda: said.side_of(said.read_deed(body["do"]), body.get("when"))),
    ):
        try:
            fault[name] = read()
        except ValueError as error:
            raise Refused(_INVALID, f"{name}: {error}", field=name) from None
    if "gateway" in body:
        fault["gateway"] = gateway_profile(tx, body["gateway"])[0]
    if "key" in body:
        fault["key"] = body["key"]
    return {"fault": shown(tx, faults.add(tx, {**fault, "nth": body["nth"], "times": body["times"]}))}


@blueprint.get("/sandbox/faults")
@reads
def list_faults(tx: UniverseTx) -> dict[str, Any]:
    """List the faults in the order they are tried, each with the calls it has hit."""
    return {"faults": [shown(tx, one) for one in faults.listed(tx)]}


@blueprint.get("/sandbox/faults/<fault_id>")
@reads
def fetch_fault(tx: UniverseTx, fault_id: str) -> dict[str, Any]:
    """Fetch a fault with the calls it has hit."""
    seq = tx.seq(_PREFIX, fault_id)
    found = next((one for one in faults.listed(tx) if one["seq"] == seq), None)
    if found is None:
        raise _not_found()
    return {"fault": shown(tx, found)}


@blueprint.delete("/sandbox/faults/<fault_id>")
@writes(StrictBody())
def delete_fault(tx: UniverseTx, body: dict[str, Any], fault_id: str) -> dict[str, Any]:
    """Take one fault away."""
    seq = tx.seq(_PREFIX, fault_id)
    if seq is None or not faults.remove(tx, seq):
        raise _not_found()
    return {"removed": 1}


@blueprint.delete("/sandbox/faults")
@writes(StrictBody())
def delete_faults(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Take every fault away."""
    return {"removed": faults.remove(tx)}


def _not_found() -> Refused:
    return Refused("resource.fault.not-found", "the fault could not be found; a reset takes all away", 404)


def shown(tx: UniverseTx, fault: dict[str, Any]) -> dict[str, Any]:
    """A fault as it was asked for, with what it hit."""
    conditions = {name: fault[name] for name in _SHOWN if fault.get(name) is not None}
    hits = [
        {
            "call": hit["call"],
            "at": rfc3339(hit["at_ms"]),
            "method": hit["method"],
            "path": hit["path"],
            "key": hit.get("key"),
            **({"delay": f"{hit['delay_ms']}ms"} if "delay_ms" in hit else {}),
        }
        for hit in fault["hits"]
    ]
    counted = {"calls": fault["calls"], "used": fault["used"], "uses_left": fault["times"] - fault["used"]}
    return {"id": tx.id(_PREFIX, fault["seq"]), **conditions, **counted, "hits": hits}
