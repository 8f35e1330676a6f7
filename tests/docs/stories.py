"""Stories: every key, verb and matcher there is with what it means, and the library.

The names are the code's own; what each means stands here, and a name without its words stops the making.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields

from mockpsp.scenarios.language.branching import MEASURES
from mockpsp.scenarios.language.expectations import LEDGER_KEYS, PARTS, SIGNATURES, TRANSPORTS, WEBHOOK_KEYS
from mockpsp.scenarios.language.library import themes
from mockpsp.scenarios.language.list_matching import IN_ORDER, LIST_MATCHERS
from mockpsp.scenarios.language.loader import FILE_KEYS, load
from mockpsp.scenarios.language.matching import CLOSED, MATCHERS, NAMED_MATCHERS
from mockpsp.scenarios.language.model import (
    DEFAULT_CLOCK,
    DEFAULT_SEED,
    INVARIANTS,
    EventExpectation,
    RequestExpectation,
    StorySource,
)
from mockpsp.scenarios.language.reading import SURPRISES
from mockpsp.scenarios.language.receivers import KEYS as RECEIVER_KEYS
from mockpsp.scenarios.language.steps import LOOK, STEP_KEYS
from mockpsp.scenarios.language.unfolding import USE, USE_KEYS
from mockpsp.scenarios.language.verbs import END_MAX, FAULT_KEYS, VERBS, Advance, Fault
from tests.docs.markdown import code, codes, table

_FILE_WORDS = {
    "format": "`1`; needed.",
    "name": "The story in a sentence; needed.",
    "about": "The incident or the rule behind it, in a few sentences.",
    "source": "Where that is told: `{title: ..., url: https://...}`, or `{choice: ...}` for what "
    "nobody wrote down and the author chose; a list of several goes too.",
    "tags": "Words that `mockpsp replay --tag` picks it by.",
    "seed": f"Root of all ids in it; `{DEFAULT_SEED}` unless given.",
    "clock": f"When it begins; `{DEFAULT_CLOCK}` unless given; `2026-01-05 09:00 Europe/Berlin` "
    "goes too. The clock is a manual one.",
    "psps": "PSPs of its own, by name: `like` and the [facts](psp-of-your-own.md#all-facts) that differ.",
    "receivers": "Webhook receivers, by name. One is called `shop`: `${shop_url}` is its address.",
    "always": "What has to hold after every step.",
    "matrix": "Axes and their values; the file runs once for each combination, where `${psp}` is the value of "
    "`psp`. Values may be [rows of a table](#tables).",
    "only": "`{can: ...}`: what its PSP must be able to do; at others it isn't told.",
    "steps": "What happens, in order; needed.",
}
_RECEIVER_WORDS = {
    "url": "`sink`: a receiver in the replaying process; `app` or `${app}/path`: "
    "[your own application](#your-own-application); needed.",
    "answers": "Statuses for each message's attempts in turn; the last one repeats. `[200]` unless given.",
    "topics": "The events it gets; all unless given.",
    "endpoint": "`false`: no endpoint is made for it; an invoice names it by `webhook_url`.",
    "scheme": "How its webhooks are [signed](webhooks.md#dialects); `standard` unless given.",
    "key": "What a secret of the scheme `standard` is: `decoded`, `text` or `ed25519`.",
    "body": "`thin`, or `dialect` for bodies as the scheme's own sender writes them.",
    "schedule": "When deliveries to it are [tried again](webhooks.md#schedules): `processout` unless given.",
    "order": "`one_by_one`, `strict` or `parallel`; the schedule's own unless given.",
    "reserializable": "`false`: bodies that no library writes again as they were.",
    "secret": "The secret of its endpoint; one is made unless given.",
    "handler": "The calls it [makes](#a-receiver-that-calls-back) before it answers.",
}
_STEP_WORDS = {
    "id": "What reports call it; `step-1`, `step-2`, ... unless given.",
    "save": "Name to path into the answer, such as `{iv: invoice.id}`; from then on `${iv}` stands for it.",
    "expect": "What must be so afterwards; alone, without a verb, it is a step that only looks.",
    "repeat": "So many times, 1 to 100, with `${n}` as the number: see [below](#shared-and-repeated).",
    "only": "Axis, or column of a table, to values: the step is skipped in all other cells. `can`: "
    "[what the PSP can do](#by-capability).",
}
#: Verb -> what it does; (verb, option) -> what the option means.
_VERB_WORDS: Mapping[str | tuple[str, str], str] = {
    "call": "`METHOD /path`: a request to the API or to `/sandbox`; `METHOD ${app}/path`: to "
    "[your own application](#your-own-application).",
    (
        "call",
        "body",
    ): "The JSON sent. `${source}` in it pays at the call's PSP: a card, or where none is taken a gateway request.",
    ("call", "key"): "The idempotency key.",
    ("call", "via"): "The PSP, by the header `Mockpsp-Gateway`. With `${psp}` the story can be compared.",
    "together": "Calls that [happen at once](#calls-at-once): each a `call` with its options, `id`, `save`, `expect`.",
    "branch": "Futures by name, each a list of steps: played from this moment in copies of the universe, and compared.",
    "advance": "Time moves on.",
    "simulate": "The world moves by itself: one of the [moves](control-plane.md#moves).",
    ("simulate", "on"): "The id of what it happens to, or a gateway's name.",
    ("simulate", "with"): "The move's details.",
    ("simulate", "after"): "A span to wait first; without it the move is made now.",
    "fault": "Calls to come meet a [fault](control-plane.md#faults-on-calls); `none` takes all faults away.",
    "deliver": "Webhooks [misbehave](webhooks.md#misbehaviour) from now on: a word, or a list of "
    "rules `{match, times, do}`; `normal` ends it.",
    ("deliver", "match"): "Which: `event`, and `endpoint`, a receiver's name; all unless given.",
    ("deliver", "times"): "For so many messages; without it until the next `deliver`.",
    "reconcile": "Rows of own records are held against the [books](books.md#your-records-against-the-books).",
    ("reconcile", "by"): "What they are known by; `transaction_id` unless given.",
    ("reconcile", "differs"): "`true`: the story is about records that differ.",
    "end": f"Time runs until nothing is due, for `max` (`{END_MAX}` unless given) at most; then nothing may be left.",
}
_USE_WORDS = {
    "with": "What it takes.",
    "save": "Name to a name that is saved there: `{tr: payment}`.",
}
_ADVANCE_WORDS = {
    "by": "A span: `3d`, `1d12h`, or business days: `2bd`.",
    "to": 'A moment: `"2026-02-01T00:00:00Z"`, `"2026-02-01 09:00 Europe/Berlin"`, `"friday 17:00 Europe/Berlin"`; '
    "see [clocks](clock.md#moving-time).",
    "until": "`idle`, or `{event: NAME}`; an event that doesn't come is a failure.",
    "max": "How long `until` waits at most.",
}
_FAULT_WORDS = {
    "match": "The route, such as `POST /invoices/*/capture`; `*` alone is every call.",
    "do": "What happens to them, such as `reset` or `status 503`.",
    "when": "`before_commit`, `after_commit` or `while_answering`, where what happens leaves a choice.",
    "key": "Only calls under this idempotency key.",
    "gateway": "Only calls about payments at this gateway.",
    "nth": "From which of these calls on; `1` unless given.",
    "times": "How many of them; `1` unless given.",
}
_PART_WORDS = {
    "status": "`200`, or a family such as `2xx`, which is what is expected without it.",
    "statuses": "Of calls that go `together`: a status or a family for each of them, in any order.",
    "body": "The keys that matter, with their values; others are left alone.",
    "headers": "Headers of the answer.",
    "transport": f"How the connection went: {codes(TRANSPORTS)}. [Faults](control-plane.md#faults-on-calls) break it.",
    "webhooks": "What receivers got since it was last looked at: a list.",
    "events": "What was fired since it was last looked at: a list of names, or of objects; or matchers of a list, "
    "such as `{$in_order: [transaction.captured, transaction.refunded], $none: transaction.voided}`.",
    "ledger": "The books.",
    "clock": "The clock as `GET /sandbox/clock` shows it: `{now: ...}`.",
    "payouts": "All payouts, oldest first, as `GET /payouts` shows them; with `items`, if that is asked for.",
    "requests": "The calls that an application made since it was last looked at: a list of routes, or of objects.",
    "branches": "Of the verb `branch`: `future.what` is what its books come to "
    f"({', '.join(map(code, MEASURES))}) or a name saved there. "
    "Another such place may stand beside it: `{refund.certain: {$gt: wait.certain}}`.",
}
_BY_WORDS = "An axis, or a column of a table: what stands under each of its values is expected in those cells alone."
_WEBHOOK_WORDS = {
    "to": "The receiver; needed.",
    "body": "Its body.",
    "headers": "Its headers.",
    "attempts": "How many attempts of it arrived.",
    "signature": f"What its signature is: {codes(SIGNATURES)}.",
    "count": "How many messages are like this; without it, one is taken.",
    "no_more": "`true`, alone or with `to`: no message is left over.",
    IN_ORDER: "With `to` alone: messages that arrived one behind the other, others may stand between; each "
    "an event's name or a body. Of one that was tried again the first attempt counts.",
}
_EVENT_WORDS = {
    "name": "The event's name.",
    "data": "Its data.",
    "count": "How many are like this; without it, one is taken.",
    "no_more": "`true`, alone: no event is left over.",
}
_REQUEST_WORDS = {
    "call": "The route, as for a [fault](control-plane.md#faults-on-calls): `GET /events/*`; needed.",
    "count": "How many calls of it were made, `0` for none; without it, one is taken.",
    "no_more": "`true`, alone: no call is left over.",
}
_LEDGER_WORDS = {
    "balances": "Account to amount, such as `98.35 EUR`, after the step; a list of them for several currencies.",
    "totals": "The same of accounts like `expenses:*`, all together.",
    "delta": "The same of what the step changed; with `since: STEP` beside the accounts, of what changed "
    "since that step.",
    "postings": "Entries it made: `debit`, `credit`, `amount`, any of them.",
    "unchanged": "`true`: it booked nothing.",
}
_MATCHER_WORDS = {
    "$match": "A regular expression that matches the whole text.",
    "$gt": "More than; for amounts, numbers and moments.",
    "$gte": "At least.",
    "$lt": "Less than.",
    "$lte": "At most.",
    "$between": "A list of two bounds, both included.",
    "$absent": "`true`: the key is not there.",
    "$any": "`true`: it is there, whatever it is.",
    "$contains": "A list with an item like this, or for several one of its own like each; others may be there.",
    "$unordered": "A list of items like these, in whatever order, and no others.",
    "$in_order": "A list with items like these, one behind the other; others may stand between them.",
    "$none": "A list without any item like this.",
    "$each": "A list whose items are all like this.",
    "$length": "A list of so many items, or of a number that is like this: `{$gte: 2}`.",
    "$same_as": "The value saved under this name.",
    "$save": "Any value, which is saved under this name.",
    CLOSED: "`true`, beside ordinary keys: there are no others.",
}
_INVARIANT_WORDS = {
    "ledger.balanced": "Debits equal credits in each currency, and every balance is the sum of its postings.",
    "captured <= authorized": "No transaction has more captured than was authorized, but for the PSP's `over_capture`.",
    "refunded <= captured": "None has more refunded than was captured, but for the PSP's `over_refund`.",
}
#: What a plain scalar must not look like -> an example of it, in the order of `SURPRISES`.
_SURPRISES = ("``", "no", "True", "~", "10.50", "1e3", ".inf", "0123", "1_000", "12:30", "2026-01-01", "=")


def file_keys() -> list[str]:
    """The keys of a file."""
    return _words(FILE_KEYS, _FILE_WORDS)


def receiver_keys() -> list[str]:
    """The keys of a receiver."""
    return _words(RECEIVER_KEYS, _RECEIVER_WORDS)


def step_keys() -> list[str]:
    """The keys that any step may have."""
    assert LOOK in STEP_KEYS
    return _words(STEP_KEYS, _STEP_WORDS)


def verbs() -> list[str]:
    """The verbs, each with its options."""
    rows = []
    for name, verb in VERBS.items():
        rows.append((code(name), "", _VERB_WORDS[name]))
        rows += [("", code(option), _VERB_WORDS[name, option]) for option in verb.options]
        if verb.read.__annotations__["return"] is Advance:
            rows += [("", code(key), words) for key, words in _ADVANCE_WORDS.items()]
        if verb.read.__annotations__["return"] is Fault:
            rows += _words_of_fault()
    rows.append((code(USE), "", "The steps of a file of [shared steps](#shared-and-repeated), by its path."))
    rows += [("", code(option), _USE_WORDS[option]) for option in USE_KEYS if option not in (USE, *STEP_KEYS)]
    rows.append(("", code("save"), _USE_WORDS["save"]))
    return table(("verb", "option", "means"), rows)


def _words_of_fault() -> list[tuple[str, ...]]:
    return [("", code(key), _FAULT_WORDS[key]) for key in FAULT_KEYS]


def expect_keys() -> list[str]:
    """The parts of an `expect`."""
    return _words((*PARTS, "by"), {**_PART_WORDS, "by": _BY_WORDS})


def webhook_keys() -> list[str]:
    """What may be expected of a webhook."""
    return _words(WEBHOOK_KEYS, _WEBHOOK_WORDS)


def event_keys() -> list[str]:
    """What may be expected of an event."""
    assert {field.name for field in fields(EventExpectation)} == {"event", "count", "no_more", "whole"}
    return _words(_EVENT_WORDS, _EVENT_WORDS)


def request_keys() -> list[str]:
    """What may be expected of the calls that an application made."""
    return _words([field.name for field in fields(RequestExpectation)], _REQUEST_WORDS)


def ledger_keys() -> list[str]:
    """What may be expected of the books."""
    return _words(LEDGER_KEYS, _LEDGER_WORDS)


def matchers() -> list[str]:
    """The matchers."""
    return _words((*MATCHERS, *LIST_MATCHERS, *NAMED_MATCHERS, CLOSED), _MATCHER_WORDS)


def invariants() -> list[str]:
    """What may stand under `always`."""
    return _words(INVARIANTS, _INVARIANT_WORDS)


def surprises() -> list[str]:
    """Plain scalars that are refused, each with why and what to do."""
    rows = []
    for (pattern, advice), example in zip(SURPRISES, _SURPRISES, strict=True):
        assert pattern.fullmatch("" if example == "``" else example), example
        rows.append(("nothing" if example == "``" else code(example), advice))
    return table(("written plainly", "is refused"), rows)


def library() -> list[str]:
    """The built-in stories by theme: what each shows, what is behind it and where that is told."""
    lines: list[str] = []
    for theme, paths in themes().items():
        lines += [f"### {theme}", ""]
        for path in paths:
            story = load(path)
            sources = "; ".join(map(_source, story.sources))
            lines.append(f"- `{path.stem}`: **{story.name}.** {story.about} *{sources}*")
        lines.append("")
    return lines[:-1]


def _source(source: StorySource) -> str:
    return f"Our choice: {source.choice.rstrip('.')}" if source.choice else f"[{source.title}]({source.url})"


def _words(names: Iterable[str], words: Mapping[str, str]) -> list[str]:
    names = list(names)
    assert set(names) == set(words), set(names) ^ set(words)
    return table(("key", "means"), [(code(name), words[name]) for name in names])
