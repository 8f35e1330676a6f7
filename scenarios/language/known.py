"""The names that a story may use: routes, keys of bodies, moves, PSPs, currencies, receivers. All are looked up here.

What the API takes stands in api.json, which is made from the routes themselves (`make docs`), so that reading a story
needs no server. What a file makes itself, PSPs and receivers, is noted while it is read; uses of these names are noted
too, and held against what there is at the end, wherever each stood.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from mockpsp.catalog import Catalog, load_catalog
from mockpsp.catalog.returns import unknown_reason
from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.ledger.account_names import unknown_account

#: Of an answer: None where anything goes, a list of words, the keys of an object with theirs, or the name of an object.
Shape = Any
#: Of a body: None where anything goes, a list of words to choose from, or the keys of an object with theirs.
Keys = Mapping[str, Any]

_CONTROL = "/sandbox"
#: Makes a gateway configuration, by whose name calls may go then.
CONFIGURATIONS = "POST /gateways/{}/gateway-configurations"
#: What a move is told, which is no route's body, and has a row among them all the same.
WITH = "with"
#: Makes a PSP of that name.
OWN_PSP = "PUT /sandbox/psps/{}"
#: How the id of a gateway configuration begins, which may stand wherever its name may.
_CONFIGURATION_ID = "gway_conf_"
#: Texts of the first letters of a part that hold an id.
_IDS = re.compile(r"[a-z_]+_[A-Za-z0-9]{10,}|\$\{.*|[0-9]+")

#: Key of a body, whatever the route -> what its text names.
_NAMED_ANYWHERE = {"currency": "currency", "mockpsp_gateway": "psp"}
#: Route of the control plane -> dotted key -> what its text names. To have another one checked: a row here.
_NAMED_AT: Mapping[str, Mapping[str, str]] = {
    "POST /sandbox/simulate": {"what": "move", "with.code": "code"},
    f"{WITH} of capture.fail": {"code": "code"},
    f"{WITH} of payment.fail": {"code": "code", "reason": "return"},
    "POST /sandbox/rules": {"match.gateway": "psp", "outcome": "outcome", "outcome.code": "code"},
    "POST /sandbox/faults": {"gateway": "psp"},
    "POST /sandbox/webhook-endpoints": {"topics": "event"},
    "PUT /sandbox/routing": {"default": "psp", "rules.gateway": "psp"},
    OWN_PSP: {"like": "psp"},
    "POST /sandbox/clock/advance": {"until.event": "event"},
}


class Route(NamedTuple):
    """A route with the keys of its body; None where any body goes."""

    name: str
    keys: Keys | None

    @property
    def shown(self) -> str:
        """The route as people write it."""
        return self.name.replace("{}", "{id}")


@lru_cache(maxsize=1)
def _api() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((Path(__file__).parent / "api.json").read_text(encoding="utf-8"))
    return found


def routes() -> Mapping[str, Keys | None]:
    """`METHOD /path/{}` -> the keys of its body."""
    found: Mapping[str, Keys | None] = _api()["routes"]
    return found


def moves() -> Mapping[str, Keys]:
    """How the world can move, as POST /sandbox/simulate names it -> its details."""
    found: Mapping[str, Keys] = _api()["moves"]
    return found


def subject_of(move: str) -> str:
    """What a move happens to: a payment, a refund, a gateway and so on."""
    found: str = _api()["subjects"].get(move, "")
    return found


def answer_of(route: str) -> Shape | None:
    """What an answer of a route may have, refusals among them; None where nothing is known of it."""
    return _api()["answers"].get(route)


def object_shape(name: str) -> Shape:
    """The keys of an object of the API."""
    return _api()["objects"][name]


def shape_of(shape: Shape) -> Shape:
    """The shape itself, where an object's name stands for one."""
    return object_shape(shape) if isinstance(shape, str) else shape


def unknown_query(route: str, path: str) -> str:
    """What is wrong with the query of a call, which ProcessOut's routes would pass over; empty where all is known."""
    names: Mapping[str, list[str] | None] = _api()["queries"].get(route, {})
    for part in filter(None, path.partition("?")[2].split("&")):
        name, _, value = part.partition("=")
        name = name.removesuffix("[]")
        if "${" in name:
            continue
        if name not in names:
            taken = f"it takes {', '.join(sorted(names))}" if names else "it takes none"
            return f"unknown {name[:80]!r} in the query of {Route(route, None).shown}, {taken}{_near(name, names)}"
        words = names[name] or []
        for word in value.split(",") if words and "${" not in value else ():
            if word.partition(".")[0] not in words:
                return f"{name} is none of {', '.join(words)}: {word[:80]!r}{_near(word, words)}"
    return ""


@lru_cache(maxsize=1)
def routes_of_api() -> tuple[str, ...]:
    """Those that faults can meet: of ProcessOut's API, none of the control plane."""
    return tuple(name for name in routes() if not name.partition(" ")[2].startswith(_CONTROL))


@lru_cache(maxsize=1)
def _by_shape() -> Mapping[tuple[str, int], list[tuple[list[str], Route]]]:
    """Method and how many parts the path has -> the routes like that, those with fewer ids first."""
    found: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
    for name, keys in routes().items():
        method, _, path = name.partition(" ")
        parts = path.split("/")
        found.setdefault((method, len(parts)), []).append((parts, Route(name, keys)))
    for listed in found.values():
        listed.sort(key=lambda one: one[0].count("{}"))
    return found


def find_route(method: str, path: str) -> Route | None:
    """The route that a call goes to; parts with a `${name}` in them may be any."""
    parts = path.partition("?")[0].split("/")
    for pattern, route in _by_shape().get((method, len(parts)), ()):
        if all(map(_is_like, pattern, parts)):
            return route
    return None


def _is_like(known: str, part: str) -> bool:
    return known == part or (known == "{}" and part != "") or "${" in part


def unknown_route(method: str, path: str) -> str:
    """What is wrong with a call that goes to no route, and the nearest one; empty for a known one."""
    if find_route(method, path):
        return ""
    shown = path.partition("?")[0]
    others = [other for other in ("GET", "POST", "PUT", "DELETE") if find_route(other, path)]
    if others:
        return f"there is no route {method} {shown}; this path takes {' and '.join(others)}"
    parts = ["{id}" if _IDS.fullmatch(part) else part for part in shown.split("/")]
    known = {name.replace("{}", "{id}") for name in routes()}
    same = [name for name in sorted(known) if name.startswith(f"{method} ")]
    near = nearest_name(f"{method} {'/'.join(parts)}", same) or nearest_name(f"{method} {'/'.join(parts)}", known)
    return f"there is no route {method} {shown}" + (f" (nearest known: {near})" if near else "")


def unknown_currency(code: str) -> str:
    """What is wrong with a currency; empty for a known one."""
    if code in EXPONENT_BY_CURRENCY:
        return ""
    near = nearest_name(code, EXPONENT_BY_CURRENCY) or nearest_name(code.upper(), EXPONENT_BY_CURRENCY, cutoff=0.5)
    hint = f" (nearest known: {near})" if near else ""
    return f"there is no currency {code[:40]!r} that payments are made in{hint}"


def unknown_move(what: str) -> str:
    """What is wrong with a move of the world; empty for a known one."""
    return _unknown(what, "move", moves())


def unknown_word(text: str, key: str, words: Collection[str]) -> str:
    """What is wrong with a text where words are to choose from; empty for one of them."""
    return "" if text in words else f"{key} is none of {', '.join(words)}: {text[:80]!r}{_near(text, words)}"


def unknown_code(code: str) -> str:
    """What is wrong with a code that payments fail with; empty for a known one."""
    return _unknown(code, "code that a payment fails with", load_catalog().declines)


def unknown_outcome(text: str) -> str:
    """What is wrong with a scripted outcome; empty for a success and for a known code."""
    return "" if text == "ok" else unknown_code(text)


def named_at(route: str, key: str) -> str:
    """What the text at a dotted key of a body names: `currency`, `psp`, ...; empty where it names nothing known."""
    return _NAMED_AT.get(route, {}).get(key) or _NAMED_ANYWHERE.get(key.rpartition(".")[2], "")


class Use(NamedTuple):
    """A name that is used somewhere, to be held against all that the file has in the end."""

    kind: str
    name: str
    node: Any


@dataclass(slots=True)
class Known:
    """What one file knows beside the package's own names: the PSPs there are, and what it makes and uses itself.

    `catalog` None: the story is for a server whose PSPs only it knows, and none is held against any list.
    """

    catalog: Catalog | None = None
    psps: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    #: A gateway configuration is made under a name that only the replay knows.
    has_unknown_psps: bool = False
    uses: list[Use] = field(default_factory=list)
    #: The ids of the steps before the one that is read, and that one's own.
    steps: list[str] = field(default_factory=list)
    step: str = ""

    def use(self, kind: str, name: str, node: Any) -> None:
        """Somewhere a name stands that the file may make later on; one with a placeholder may be any."""
        if name and "${" not in name:
            self.uses.append(Use(kind, name, node))

    def unknown(self) -> Iterable[tuple[Any, str]]:
        """Each use of a name that there isn't, with what is wrong with it."""
        look: Mapping[str, Any] = {"psp": self._unknown_psp, "receiver": self._unknown_receiver}
        return [(use.node, wrong) for use in self.uses if (wrong := look[use.kind](use.name))]

    def is_unknown(self, kind: str, text: str, node: Any) -> str:
        """What is wrong with a name of some kind; empty for a known one, and for one that is looked at in the end."""
        if kind in ("psp", "receiver"):
            self.use(kind, text, node)
            return ""
        wrong: str = _LOOK_UP[kind](text)
        return wrong

    def unknown_account(self, name: str, node: Any) -> str:
        """What is wrong with an account's name; its PSP is looked at in the end."""
        wrong = unknown_account(name)
        if not wrong and name.count(":") > 1:  # of one PSP, as assets:psp:north:pending or assets:transit:north
            self.use("psp", name.split(":")[2], node)
        return wrong

    def _unknown_psp(self, name: str) -> str:
        if self.catalog is None or self.has_unknown_psps or name.startswith(_CONFIGURATION_ID):
            return ""
        if name in self.psps or name in self.catalog.profiles or self.catalog.find(name):
            return ""
        known = [*self.psps, *self.catalog.profiles, *self.catalog.profiles.owner_by_alias()]
        near = _near(name, known)
        return f"there is no PSP {name[:80]!r}{near}" + (
            "" if near else "; one of your own is read from the folder given by --psps"
        )

    def _unknown_receiver(self, name: str) -> str:
        return "" if name in self.receivers else f"no receiver is named {name[:80]!r}{_near(name, self.receivers)}"


#: Kind of name that is the package's own -> what is wrong with one.
_LOOK_UP: Mapping[str, Any] = {
    "currency": unknown_currency,
    "move": unknown_move,
    "code": unknown_code,
    "outcome": unknown_outcome,
    "return": unknown_reason,
    "event": lambda name: unknown_event(name, FIRED_EVENTS),
}


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    known = list(known)
    return "" if name in known else f"unknown {what} {name[:80]!r}{_near(name, known)}"


def _near(name: str, known: Iterable[str]) -> str:
    found = nearest_name(name, known, cutoff=0.5)
    return f" (nearest known: {found})" if found else ""
