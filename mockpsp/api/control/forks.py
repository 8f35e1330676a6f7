"""Branching time: forks of a universe, and moments of it that are kept (`/sandbox/forks`, `/sandbox/snapshots`)."""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.control import clock as sandbox_clock
from mockpsp.api.control import snapshot_looks
from mockpsp.api.wire import guard
from mockpsp.api.wire.fields import Count, Flag, StrictBody, Text, ValidationError, fields
from mockpsp.api.wire.http import answer, credentials, reads, state, takes, writes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine import forks, snapshot_files
from mockpsp.engine.universes import UniverseTx, is_project_id
from mockpsp.store import snapshots
from mockpsp.store.snapshots import Snapshot
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import WebhookError

blueprint = Blueprint("sandbox_forks", __name__)

_REDIRECTS_MAX = 50
#: The limit of a body's own is reached long before.
_DATA_MAX = 1 << 30


class Addresses(fields.Raw):
    """Endpoint, by its id or its address -> the address that takes its place."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
            raise ValidationError("must be an object of addresses: {old: new}")
        if len(value) > _REDIRECTS_MAX:
            raise ValidationError(f"has {len(value)} entries; at most {_REDIRECTS_MAX} go")
        for named, to in value.items():
            try:
                targets.parse(to)
            except WebhookError as error:
                raise ValidationError(f"{named[:80]}: {error}") from None
        return value


class ForkRequest(StrictBody):
    """A copy of this universe, or of a snapshot of it."""

    as_ = Text(80, required=True, data_key="as", attribute="as")
    from_ = Text(80, data_key="from", attribute="from")
    endpoints = Addresses(load_default=dict)
    again = Flag(load_default=False)


class SnapshotRequest(StrictBody):
    """What the moment is called."""

    name = Text(80, load_default="")


class SnapshotFile(StrictBody):
    """A snapshot as GET /sandbox/snapshots/ID/file gave it out."""

    format = Count(0, 1_000_000, required=True)
    schema = Count(0, 1_000_000, required=True)
    mockpsp = Text(40, required=True)
    name = Text(80, load_default="")
    now = Text(40)
    data = Text(_DATA_MAX, required=True)


class SnapshotFileRequest(StrictBody):
    """The file as it is, the answer's `success` included."""

    snapshot_file = fields.Nested(SnapshotFile(), required=True)
    success = Flag()


_FILE_REQUEST = SnapshotFileRequest()


@blueprint.post("/sandbox/forks")
@writes(ForkRequest())
def create_fork(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Open a copy of this universe, or of a snapshot, as another universe with the same secret key."""
    project_id = body["as"]
    if not is_project_id(project_id):
        raise Refused(
            "request.validation.error",
            "as: a universe's id is test-proj_ and 1 to 64 letters, digits, '.', '_' or '-'",
            field="as",
        )
    kept = forks.find(tx, body["from"]) if "from" in body else None
    made, redirected = forks.fork(tx, project_id, kept=kept, endpoints=body["endpoints"], is_again=body["again"])
    app, here, there = state(), (tx.project.no, tx.project.generation), (made.no, made.generation)
    if kept is None:
        tx.after_commit.append(lambda: app.limiter.copy(here, there))
    if made.clock_mode == "wall":
        tx.after_commit.append(lambda: app.timeline.notify_driver(made.no))
    return {
        "fork": {
            "project_id": made.id,
            "of": tx.project.id,
            "snapshot": kept.id if kept else None,
            "redirected": redirected,
            "clock": sandbox_clock.clock_of(made, made.clock_ms),
        }
    }


@blueprint.post("/sandbox/snapshots")
@writes(SnapshotRequest())
def create_snapshot(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Keep this moment, for forks to come; the universe stays as it is."""
    return {"snapshot": _shown(forks.keep(tx, body["name"])), "clock": sandbox_clock.clock(tx)}


@blueprint.get("/sandbox/snapshots")
@reads
def list_snapshots(tx: UniverseTx) -> dict[str, Any]:
    """List the moments that were kept, oldest first."""
    return {"snapshots": [_shown(one) for one in snapshots.listed(tx.conn, tx.project.no)]}


@blueprint.get("/sandbox/snapshots/<snapshot_id>")
@reads
def fetch_snapshot(tx: UniverseTx, snapshot_id: str) -> dict[str, Any]:
    """Fetch a snapshot: what it is called and when it was."""
    return {"snapshot": _shown(forks.find(tx, snapshot_id))}


@blueprint.delete("/sandbox/snapshots/<snapshot_id>")
@writes(StrictBody())
def delete_snapshot(tx: UniverseTx, body: dict[str, Any], snapshot_id: str) -> dict[str, Any]:
    """Forget a moment; forks that were made of it stay."""
    forks.forget(tx, forks.find(tx, snapshot_id))
    return {}


@blueprint.get("/sandbox/snapshots/<snapshot_id>/file")
@reads
def fetch_snapshot_file(tx: UniverseTx, snapshot_id: str) -> dict[str, Any]:
    """Fetch a snapshot as a file that another server opens; it holds webhook secrets, and no secret key."""
    return {"snapshot_file": snapshot_files.write(tx, forks.find(tx, snapshot_id))}


@blueprint.post("/sandbox/snapshots/file")
@takes(_FILE_REQUEST)
def open_snapshot_file() -> Response:
    """Keep the moment of a file, of whatever server, as a snapshot of this universe, once it was tried out."""
    app, found = state(), credentials()
    with app.universes.reading(found) as tx:
        guard.admit_caller(tx, app)
    file = sandbox_clock.strict_body(_FILE_REQUEST)["snapshot_file"]
    # With no transaction open: others go on meanwhile.
    opened = snapshot_files.read(app.universes.catalog, file, snapshot_looks.look)
    with app.universes.writing(found) as tx:
        return answer({"snapshot": _shown(snapshot_files.take_in(tx, file["name"], opened))})


def _shown(kept: Snapshot) -> dict[str, Any]:
    return {"id": kept.id, "name": kept.name, "now": rfc3339(kept.taken_at_ms)}
