"""What a scenario file becomes: frozen values that say what to do and what to expect, and do neither.

The dictionaries inside (`Json`) are never changed after loading. Actions live in verbs.py, one class a verb.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, TypeAlias

from mockpsp.scenarios.language.errors import Problem

#: What JSON can say; numbers with a point are decimals, never floats.
Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

#: One combination of the matrix, axis -> value; empty for a story without a matrix. The columns of a table are in it
#: as texts, `case.fee` beside `case`.
Cell = Mapping[str, str]

#: What a PSP must be able to do: fact -> the values that will do; see capabilities.py.
Capabilities: TypeAlias = Mapping[str, tuple[Json, ...]]

#: What may stand under `always`; replaying/invariants.py says what each means.
INVARIANTS = ("ledger.balanced", "captured <= authorized", "refunded <= captured")

DEFAULT_SEED = 1
DEFAULT_CLOCK = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Handling:
    """A call that a receiver makes while it has a webhook of that event in hand."""

    on: str
    #: A verbs.Call.
    call: Any


@dataclass(frozen=True, slots=True)
class ReceiverPlan:
    """A loopback sink, what it answers to the attempts of a message (the last status repeats), what it calls and what
    reaches it; or the user's own application."""

    name: str
    answers: tuple[int, ...] = (200,)
    topics: tuple[str, ...] | None = None
    #: How its endpoint signs, and whose its bodies are, as `/sandbox/webhook-endpoints` takes them.
    scheme: str | None = None
    key: str | None = None
    body: str | None = None
    #: False: no endpoint is made for it; an invoice names it by `webhook_url: "${<name>_url}"`.
    is_endpoint: bool = True
    #: Its endpoint's, where not the usual ones.
    schedule: str | None = None
    order: str | None = None
    reserializable: bool = True
    secret: str | None = None
    handler: tuple[Handling, ...] = ()
    #: Where in the user's own application its webhooks go; None for a sink.
    app_path: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookExpectation:
    """A message a receiver should have got; `count` None claims one message, a number claims all that match.

    Or several messages, in the order in which they arrived; then nothing else is said but the receiver.
    """

    to: str | None = None
    body: Json = None
    headers: Mapping[str, Json] = field(default_factory=dict)
    attempts: Json = None
    signature: str | None = None
    count: int | None = None
    no_more: bool = False
    #: What their bodies are like.
    in_order: tuple[Json, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventExpectation:
    """An event that should have fired; `count` as for webhooks."""

    event: Json = None
    count: int | None = None
    no_more: bool = False
    #: What all events since the last look are like, as a list; then nothing else is said.
    whole: Json = None


@dataclass(frozen=True, slots=True)
class RequestExpectation:
    """Calls of a route that an application made; `count` None claims one, a number all of them."""

    call: str = ""
    count: int | None = None
    no_more: bool = False


@dataclass(frozen=True, slots=True)
class LedgerExpectation:
    """Balances after the step, what the step changed, what it posted; amounts are texts such as `98.35 EUR`."""

    balances: dict[str, Json] | None = None
    totals: dict[str, Json] | None = None
    delta: dict[str, Json] | None = None
    #: The step after which `delta` begins; None: what this step changed.
    since: str | None = None
    postings: tuple[dict[str, Json], ...] | None = None
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """What one step should bring about; None: nothing is expected of that part."""

    status: Json = None
    #: Of calls that go together, in whatever order.
    statuses: tuple[Json, ...] | None = None
    body: Json = None
    headers: dict[str, Json] | None = None
    transport: str | None = None
    webhooks: tuple[WebhookExpectation, ...] | None = None
    events: tuple[EventExpectation, ...] | None = None
    ledger: LedgerExpectation | None = None
    clock: Json = None
    payouts: Json = None
    requests: tuple[RequestExpectation, ...] | None = None
    #: Of futures: what of one (`refund.keeps`) -> what it is like.
    branches: dict[str, Json] | None = None

    def merged(self, other: "Expect") -> "Expect":
        """Both expectations at once; the loader has seen to it that they name different parts."""
        parts = {part.name: getattr(other, part.name) for part in fields(other)}
        return replace(self, **{name: value for name, value in parts.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Step:
    """One verb, what to keep of its answer, what to expect of it, and the cells it runs in."""

    id: str
    verb: str
    #: An action of verbs.py, or None for a step that only looks.
    action: Any
    line: int
    #: Where the line is, if not in the story's own file.
    file: str = ""
    save: Mapping[str, str] = field(default_factory=dict)
    expect: Expect = Expect()
    by: str | None = None
    expect_by_value: Mapping[str, Expect] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: What the cell's PSP must be able to do.
    can: Capabilities = field(default_factory=dict)

    def runs_in(self, cell: Cell) -> bool:
        """Whether this step is part of the story in that cell, if the cell's PSP can do what it needs."""
        return all(cell[axis] in values for axis, values in self.only.items())

    def expect_in(self, cell: Cell) -> Expect:
        """What the step should bring about in that cell."""
        if self.by is None:
            return self.expect
        return self.expect.merged(self.expect_by_value.get(cell[self.by], Expect()))


@dataclass(frozen=True, slots=True)
class StorySource:
    """Where what a story tells is written down for everybody, or in `choice` what its author chose."""

    title: str = ""
    url: str = ""
    choice: str = ""

    def __str__(self) -> str:
        return f"our choice: {self.choice}" if self.choice else f"{self.title}, {self.url}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story, ready to be replayed."""

    path: str
    slug: str
    name: str
    steps: tuple[Step, ...]
    #: The incident or the rule behind it, and where that is told.
    about: str = ""
    sources: tuple[StorySource, ...] = ()
    tags: tuple[str, ...] = ()
    seed: int = DEFAULT_SEED
    clock: str = DEFAULT_CLOCK
    psps: Mapping[str, Json] = field(default_factory=dict)
    receivers: tuple[ReceiverPlan, ...] = ()
    always: tuple[str, ...] = ()
    matrix: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Of axes that are tables: axis -> what a row is known by -> column -> value.
    tables: Mapping[str, Mapping[str, Mapping[str, Json]]] = field(default_factory=dict)
    #: What its PSP must be able to do for this to be the story at all.
    can: Capabilities = field(default_factory=dict)
    #: Line and column of what needs the user's own application first; None where nothing does.
    app_place: tuple[int, int] | None = None
    #: What should be mended in a finished story.
    warnings: tuple[Problem, ...] = ()

    @property
    def needs_connection(self) -> bool:
        """Whether a step expects its connection refused: then one is tried. Faults break calls without one too."""
        return any(
            expect.transport == "refused"
            for step in self.every_step()
            for expect in (step.expect, *step.expect_by_value.values())
        )

    def every_step(self) -> Iterator[Step]:
        """The steps in order, those of futures behind the step that begins them."""
        for step in self.steps:
            yield step
            for future in getattr(step.action, "futures", ()):
                yield from future.steps

    @property
    def compared_since(self) -> frozenset[str]:
        """The steps after which the books are remembered, for a later step to compare with."""
        ledgers = (
            expect.ledger
            for step in self.every_step()
            for expect in (step.expect, *step.expect_by_value.values())
            if expect.ledger is not None
        )
        return frozenset(one.since for one in ledgers if one.since is not None)

    @property
    def asks_facts(self) -> bool:
        """Whether what the PSP can do decides how the story goes."""
        return bool(self.can) or any(step.can for step in self.every_step())

    def cells(self) -> tuple[Cell, ...]:
        """Every combination of the matrix, in the order written; one empty cell without a matrix."""
        combinations = itertools.product(*self.matrix.values())
        cells = (dict(zip(self.matrix, values, strict=True)) for values in combinations)
        return tuple({**cell, **{name: text(value) for name, value in self.columns(cell).items()}} for cell in cells)

    def columns(self, cell: Cell) -> dict[str, Json]:
        """`case.fee` -> its value, for each table's row of a cell."""
        rows = {axis: rows_by_label.get(cell.get(axis, ""), {}) for axis, rows_by_label in self.tables.items()}
        return {f"{axis}.{column}": value for axis, row in rows.items() for column, value in row.items()}

    def choices(self) -> dict[str, tuple[str, ...]]:
        """What `only` and `by` may choose by: axes and the columns of tables, each with its values."""
        columns: dict[str, dict[str, None]] = {}
        for axis, rows_by_label in self.tables.items():
            for row in rows_by_label.values():
                for column, value in row.items():
                    columns.setdefault(f"{axis}.{column}", {})[text(value)] = None
        return {**self.matrix, **{name: tuple(values) for name, values in columns.items()}}


def text(value: Json) -> str:
    """A value of a table as it is written there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def axis_values(cell: Cell) -> list[str]:
    """The values of a cell without the columns that go with them."""
    return [value for name, value in cell.items() if "." not in name]


def cell_label(cell: Cell) -> str:
    """`bank-debit` or `bank-debit JPY`: the values of a cell for a human, empty for the only one."""
    return " ".join(axis_values(cell))
