"""From nodes to typed values: one reader a type, each of which reports what is wrong and goes on with a stand-in.

YAML's surprises live in one table here: a plain scalar that some YAML version would turn into something else than the
text a reader sees is an error, and so is money without quotes.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.time.moments import rfc3339
from mockpsp.domain.time.zoned import parse_said
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import NAME, NameLog, read_placeholders
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, Problems, ScalarNode, nearest

INTEGER = re.compile(r"0|-?[1-9][0-9]*")
DIGITS_MAX = 18
#: As the server takes it: mockpsp/domain/time/spans.py.
DURATION = re.compile(r"([0-9]{1,9}[wdhms])+|[0-9]{1,4}bd")
#: As far as a schema can tell; what is one is told by mockpsp/domain/time/zoned.py.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
    r"|(((next )?[A-Za-z]{6,9}|[0-9]{4}-[0-9]{2}-[0-9]{2}) )?[0-9]{2}:[0-9]{2}(:[0-9]{2})? [A-Za-z][A-Za-z0-9_+/-]*"
)
MOMENT_WANTED = 'a moment such as "2026-01-05T09:00:00Z" or "friday 17:00 Europe/Berlin"'
#: Keys whose values are money, so that `amount: 100` is caught although it is a fine integer.
MONEY_KEY = re.compile(r"([a-z_]*_)?(amount|balance|fees?)(_local)?")

#: What a plain scalar must not look like, and what to do about it. To add a surprise: one row.
SURPRISES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r""), 'nothing stands here; write null or ""'),
    (re.compile(r"(?i)y|n|yes|no|on|off"), "older YAML reads a boolean; quote the text, or write true or false"),
    (re.compile(r"True|TRUE|False|FALSE"), "write true or false in lower case, or quote the text"),
    (re.compile(r"~|Null|NULL"), "write null, or quote the text"),
    (re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9]+)"), "unquoted money or number; money is a quoted string"),
    (re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+"), "YAML may read a number with an exponent; quote the text"),
    (re.compile(r"(?i)[-+]?\.(inf|nan)"), "YAML reads a special number; quote the text"),
    (re.compile(r"[-+]?0([0-9_]+|x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)"), "YAML may read octal, hex or binary; quote it"),
    (re.compile(r"[-+]?[0-9]+_[0-9_]*|\+[0-9]+|-0"), "YAML may read another number; quote the text"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"), "older YAML reads a number to the base 60; quote the text"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "YAML reads a date; quote the text"),
    (re.compile(r"="), "YAML gives this a meaning of its own; quote the text"),
)


@dataclass(slots=True)
class Reader:
    """Reads the nodes of one file: collects its problems, and the names used and made by the part being read."""

    problems: Problems
    log: NameLog = field(default_factory=NameLog)

    def scalar(self, node: Node, wanted: str) -> ScalarNode | None:
        """The node if it is a scalar without surprise."""
        if not isinstance(node, ScalarNode):
            self.problems.add(node, f"{wanted} is wanted here, not a {_kind(node)}")
            return None
        if not node.is_quoted:
            for pattern, advice in SURPRISES:
                if pattern.fullmatch(node.text):
                    self.problems.add(node, f"{node.text or 'an empty value'}: {advice}")
                    return None
        return node

    def text(self, node: Node, wanted: str = "a text", *, pattern: re.Pattern[str] | None = None) -> str:
        """A text, placeholders logged; empty after a problem."""
        scalar = self.scalar(node, wanted)
        if scalar is None:
            return ""
        read_placeholders(scalar, self.log, self.problems)
        if not scalar.text or (pattern and not pattern.fullmatch(scalar.text)):
            self.problems.add(node, f"{wanted} is wanted here, not {scalar.text!r}")
            return ""
        return scalar.text

    def integer(self, node: Node, wanted: str, *, low: int, high: int) -> int:
        """A whole number within bounds; `low` after a problem."""
        scalar = self.scalar(node, wanted)
        if scalar is None:
            return low
        is_number = not scalar.is_quoted and len(scalar.text) <= DIGITS_MAX and INTEGER.fullmatch(scalar.text)
        if not is_number or not low <= int(scalar.text) <= high:
            self.problems.add(node, f"{wanted} ({low} to {high}) is wanted here, not {scalar.text!r}")
            return low
        return int(scalar.text)

    def flag(self, node: Node, wanted: str) -> bool:
        """`true` or `false`; False after a problem."""
        scalar = self.scalar(node, f"true or false for {wanted}")
        if scalar is not None and (scalar.is_quoted or scalar.text not in ("true", "false")):
            self.problems.add(node, f"true or false is wanted for {wanted}, not {scalar.text!r}")
        return scalar is not None and scalar.text == "true"

    def choice(self, node: Node, wanted: str, known: Collection[str]) -> str:
        """One of the known names; empty after a problem."""
        scalar = self.scalar(node, wanted)
        if scalar is None:
            return ""
        if scalar.text not in known:
            self.problems.add(node, f"unknown {wanted} {scalar.text!r}{nearest(scalar.text, known)}")
            return ""
        return scalar.text

    def name(self, node: Node, wanted: str) -> str:
        """A name that `${...}` can use."""
        return self.text(node, f"{wanted} (letters, digits, _)", pattern=NAME)

    def event(self, node: Node, known: Collection[str] = FIRED_EVENTS) -> str:
        """The name of an event, or one with a placeholder in it."""
        text = self.text(node, "an event's name")
        self.check_event(node, text, known)
        return text

    def check_event(self, node: Node, name: Json, known: Collection[str] = FIRED_EVENTS) -> None:
        """Report a name that no event has; a matcher may mean several, and a placeholder any."""
        if isinstance(name, str) and name and "${" not in name and (wrong := unknown_event(name, known)):
            self.problems.add(node, wrong)

    def check_account(self, node: Node, name: str) -> None:
        """Report an account that no books have; a placeholder may stand for any."""
        if name and "${" not in name and (wrong := self.problems.known.unknown_account(name, node)):
            self.problems.add(node, wrong)

    def named(self, kind: str, node: Node, wanted: str) -> str:
        """A text that names something there is: a PSP, a receiver, a currency, ... (known.py); or a placeholder."""
        text = self.text(node, wanted)
        self.check_named(kind, node, text)
        return text

    def check_named(self, kind: str, node: Node, text: str) -> None:
        """Report a name that nothing of that kind has; a placeholder may stand for any."""
        if text and "${" not in text and (wrong := self.problems.known.is_unknown(kind, text, node)):
            self.problems.add(node, wrong)

    def duration(self, node: Node) -> str:
        """A span of time as the server takes it: 90s, 3d, 2bd."""
        return self.text(node, "a span of time such as 90s, 15m, 2h, 3d or 2bd (business days)", pattern=DURATION)

    def start(self, node: Node) -> str:
        """The moment a story begins at, in UTC; one that says its day, since there is no now yet."""
        moment_ms = self._read_moment(node, self.text(node, MOMENT_WANTED), None)
        return "" if moment_ms is None else rfc3339(moment_ms)

    def moment(self, node: Node) -> str:
        """A moment to advance to, as the server takes it; told from now where it says no day."""
        text = self.text(node, MOMENT_WANTED)
        return text if self._read_moment(node, text, 0) is not None else ""

    def items(self, node: Node, wanted: str) -> tuple[Node, ...]:
        """The items of a list that isn't empty."""
        if not isinstance(node, ListNode):
            self.problems.add(node, f"a list of {wanted} is wanted here, not a {_kind(node)}")
            return ()
        if not node.items:
            self.problems.add(node, f"the list of {wanted} is empty")
        return node.items

    def entries(self, node: Node, wanted: str) -> tuple[tuple[ScalarNode, Node], ...]:
        """The entries of a mapping whose keys are free."""
        if not isinstance(node, MapNode):
            self.problems.add(node, f"{wanted} is a mapping, not a {_kind(node)}")
            return ()
        return node.entries

    def fields(
        self, node: Node, wanted: str, known: Collection[str], *, needed: Collection[str] = ()
    ) -> dict[str, Node]:
        """Key -> value of a mapping with known keys; unknown and missing ones are problems."""
        found: dict[str, Node] = {}
        for key, value in self.entries(node, wanted):
            if key.text in known:
                found[key.text] = value
            else:
                self.problems.add(key, f"unknown key {key.text!r} in {wanted}{nearest(key.text, known)}")
        missing = [name for name in needed if name not in found]
        if missing and isinstance(node, MapNode):
            self.problems.add(node, f"{wanted} needs {' and '.join(missing)}")
        return found

    def json(self, node: Node, *, key: str = "") -> Json:
        """The JSON value a node stands for; `key` is what it stands under, so that unquoted money is seen."""
        if isinstance(node, ListNode):
            return [self.json(item, key=key) for item in node.items]
        if isinstance(node, MapNode):
            for name, _ in node.entries:
                read_placeholders(name, self.log, self.problems)
            # A matcher's argument is an amount when what it looks at is one.
            return {name.text: self.json(value, key=_subject(name.text, key)) for name, value in node.entries}
        scalar = self.scalar(node, "a value")
        if scalar is None:
            return None
        if scalar.is_quoted:
            read_placeholders(scalar, self.log, self.problems)
            return scalar.text
        return self._plain_json(scalar, key)

    def mapping(self, node: Node, wanted: str) -> dict[str, Json]:
        """A JSON object."""
        return {name.text: self.json(value, key=name.text) for name, value in self.entries(node, wanted)}

    def _read_moment(self, node: Node, text: str, now_ms: int | None) -> int | None:
        if not text:
            return None
        try:
            return parse_said(text, now_ms)
        except ValueError as error:
            self.problems.add(node, str(error))
            return None

    def _plain_json(self, scalar: ScalarNode, key: str) -> Json:
        if INTEGER.fullmatch(scalar.text):
            if MONEY_KEY.fullmatch(key):
                self.problems.add(scalar, f'unquoted money; money is a quoted string: {key}: "{scalar.text}"')
            if len(scalar.text) > DIGITS_MAX:
                self.problems.add(scalar, f"a number of more than {DIGITS_MAX} digits; quote the text")
                return 0
            return int(scalar.text)
        if scalar.text in ("true", "false"):
            return scalar.text == "true"
        if scalar.text == "null":
            return None
        read_placeholders(scalar, self.log, self.problems)
        return scalar.text


def _subject(name: str, key: str) -> str:
    return key if name.startswith("$") else name


def _kind(node: Node) -> str:
    return {ScalarNode: "text", ListNode: "list", MapNode: "mapping"}[type(node)]
