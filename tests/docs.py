"""Writes the README's tables from the code. `python -m tests.docs` rewrites them; a test compares (test_readme.py).

To add a table: a function that answers Markdown lines, its row in `TABLES`, and markers in the README.
"""

import re
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from mockpsp.api.control.moves import MOVES
from mockpsp.api.described.coverage import KINDS, STATES, WORKS, counts, entries
from mockpsp.api.described.endpoints import core as endpoints_core
from mockpsp.catalog import load_catalog
from mockpsp.catalog.profile_sheet import fee_in_words
from mockpsp.cli import mockpsp as command
from mockpsp.config import Settings
from mockpsp.domain.events import EVENTS
from mockpsp.domain.fees import FEES, FeeKind, fee_of
from mockpsp.domain.profiles import PayoutShortBalance, PspProfile, ThreeDSCard
from mockpsp.domain.spans import format_span
from mockpsp.domain.tolerance import tolerance_in_words
from mockpsp.scenarios.comparing.compare import available_psps, compare
from mockpsp.scenarios.comparing.report import table
from mockpsp.scenarios.language.loader import library_paths, load
from mockpsp.scenarios.replaying import replay
from mockpsp.serving.app import create_app

README = Path(__file__).parent.parent / "README.md"


def routes() -> list[tuple[str, str, str]]:
    """(method, path, what it does) of every route, the last from its view's docstring."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("unsupported_routes."):
            continue
        doc = (app.view_functions[rule.endpoint].__doc__ or "").strip().splitlines()[0]
        path = re.sub(r"<[a-z_:]+>", "{id}", rule.rule)
        found += [(method, path, doc) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    app.extensions["mockpsp"].close()
    return sorted(found, key=lambda row: (row[1], row[0]))


def missing() -> list[tuple[str, str]]:
    """(method, path) of the core endpoints that are not there yet: the honest blanks."""
    there = {(method, path) for method, path, _ in routes()}
    core = [(method, path.replace("{}", "{id}")) for method, path in endpoints_core()]
    return [where for where in core if where not in there]


def coverage() -> list[str]:
    """How much of the API is there."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    table = counts(entries(app, load_catalog()))
    app.extensions["mockpsp"].close()
    rows = [f"| {kind}s | {' | '.join(str(table[kind][state]) for state in STATES)} |" for kind in KINDS]
    return [f"| | {' | '.join(STATES)} |", "|---|---|---|---|", *rows]


def objects() -> list[str]:
    """Object by object: how many fields follow the world, and which don't, each with its reason."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = [entry for entry in entries(app, load_catalog()) if entry.kind == "field"]
    app.extensions["mockpsp"].close()
    rows = []
    for name in dict.fromkeys(entry.name.partition(".")[0] for entry in found):
        own = [entry for entry in found if entry.name.partition(".")[0] == name]
        rest = [f"`{one.name.partition('.')[2]}`: {one.why or one.state}" for one in own if one.state != WORKS]
        rows.append(f"| {name} | {len(own) - len(rest)} | {'; '.join(rest)} |")
    return ["| object | fields that work | partly, and why |", "|---|---|---|", *rows]


def cards() -> list[str]:
    """Card by card: what each brings about."""
    found = tomllib.loads((files("mockpsp.catalog") / "cards.toml").read_text(encoding="utf-8"))
    rows = [f"| `{number}` | {_scheme(card)} | {_brings_about(card)} | ✓ |" for number, card in found.items()]
    return ["| card | | brings about | works |", "|---|---|---|---|", *rows]


def _scheme(card: dict[str, Any]) -> str:
    shown = [card["scheme"], *([f"with {card['co_scheme']}"] if "co_scheme" in card else [])]
    return ", ".join([" ".join(shown), *([card["country_code"]] if "country_code" in card else [])])


#: Field of a test card -> what it brings about, in words around its value.
_CARD_WORDS = {
    "authorize_error": "each authorization is declined: `{}`",
    "next_authorize_error": "the first authorization passes, later ones are declined: `{}`",
    "payment_error": "it can be verified, but each payment is declined: `{}`",
    "capture_error": "it can be authorized, but not captured: `{}`",
    "partial_capture_error": "it cannot be captured in part: `{}`",
    "increment_error": "its hold cannot be raised: `{}`",
    "refund_error": "refunds are declined: `{}`",
    "recommendation_code": "with the advice `{}`",
    "then": "after completion comes a {}",
}
_FOLLOWS = {"chargeback_failed": "chargeback that the merchant wins"}


def _brings_about(card: dict[str, Any]) -> str:
    words = [
        text.format(_FOLLOWS.get(card[name], card[name].replace("_", " ")))
        for name, text in _CARD_WORDS.items()
        if name in card
    ]
    words += [f"the check `{name}` says `{value}`" for name, value in card.get("checks", {}).items()]
    if "three_d_s" in card:
        words.append(_three_d_s(ThreeDSCard(**card["three_d_s"])))
    return "; ".join(words) or "nothing unusual"


def _three_d_s(card: ThreeDSCard) -> str:
    """How it takes part in 3-D Secure."""
    if not card.versions:
        return "no 3-D Secure, as it is not enrolled"
    asks = {"always": "always", "in-scope": "unless exempt or merchant-initiated", "asked": "when asked for"}[
        card.demand
    ]
    shown = [f"3-D Secure {' or '.join(map(str, card.versions))} {asks}"]
    if card.fingerprint != "no":
        shown.append("fingerprint" if card.fingerprint == "yes" else "fingerprint that fails")
    shown.append("frictionless" if card.is_frictionless else "challenge")
    return ", ".join(shown)


def endpoints() -> list[str]:
    """The API's endpoints, with blanks for what is planned."""
    ours = [(method, path, "✓", doc) for method, path, doc in routes() if not path.startswith("/sandbox")]
    rows = sorted([*ours, *((method, path, "", "") for method, path in missing())], key=lambda row: (row[1], row[0]))
    return ["| | | works | |", "|---|---|---|---|", *(f"| {m} | `{p}` | {mark} | {doc} |" for m, p, mark, doc in rows)]


def control() -> list[str]:
    """The control plane's routes."""
    rows = [f"| {m} | `{p}` | {doc} |" for m, p, doc in routes() if p.startswith("/sandbox")]
    return ["| | | does |", "|---|---|---|", *rows]


def moves() -> list[str]:
    """The moves of the world."""
    rows = []
    for name, move in MOVES.items():
        details = ", ".join(f"`{field}`" for field in move.details.fields) or ""
        rows.append(f"| `{name}` | a {move.on} | {details} |")
    return ["| what | on | with |", "|---|---|---|", *rows]


def events() -> list[str]:
    """The events, and the facts that fire them."""
    kinds_by_name: dict[str, list[str]] = {}
    for kind, rule in EVENTS.items():
        if rule is not None:
            kinds_by_name.setdefault(rule.name, []).append(kind.replace("-", " "))
    rows = [f"| `{name}` | {', '.join(kinds)} |" for name, kinds in kinds_by_name.items()]
    rows += [f"| `{name}` | |" for name in ("customer.created", "customer.updated", "customer.deleted")]
    rows += [f"| `{name}` | |" for name in ("product.created", "product.updated", "product.deleted")]
    rows += [
        f"| `{name}` | |" for name in ("customer.token.created", "customer.token.updated", "customer.token.deleted")
    ]
    return ["| event | fired when the payment is |", "|---|---|", *rows]


def psps() -> list[str]:
    """The capability table: a row a fact, a column a PSP."""
    profiles = list(load_catalog().profiles.values())
    head = "| | " + " | ".join(profile.name for profile in profiles) + " |"
    rows = []
    for label, show in _FACTS:
        rows.append(f"| {label} | " + " | ".join(show(profile) for profile in profiles) + " |")
    return [head, "|---" * (len(profiles) + 1) + "|", *rows]


def scenarios() -> list[str]:
    """The built-in stories."""
    rows = [f"| `{path.name}` | {load(path).name} |" for path in library_paths()]
    return ["| file | story |", "|---|---|", *rows]


def payouts() -> list[str]:
    """What `mockpsp payouts export` writes of a story, and the answer key of a defect in it; ids are cut short."""
    story = next(path for path in library_paths() if path.stem.startswith("payout-line-by-line"))
    shown = []
    with tempfile.TemporaryDirectory() as folder:
        key, db = Path(folder) / "key.json", ("--db", str(Path(folder) / "ledger.db"))
        planted = ("--defect", "duplicated-refund", "--answer-key", str(key))
        for arguments in (("replay", str(story)), ("payouts", "export"), ("payouts", "export", *planted)):
            done = CliRunner().invoke(command, [*arguments, *db], catch_exceptions=False)
            shown.append(done.stdout.splitlines())
        answer = key.read_text().splitlines()
    start = "$ mockpsp payouts export --db ledger.db"
    more = f"{start} --defect duplicated-refund --answer-key key.json --output wrong.csv; cat key.json"
    lines = ["```console", start, *shown[1], more, *answer, "```"]
    return [_ID.sub(r"\1…", line) for line in lines]


def settings() -> list[str]:
    """The settings with their defaults."""
    rows = []
    for field in fields(Settings):
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        rows.append(f"| `MOCKPSP_{field.name.upper()}` | {default if default != '' else ''} |")
    return ["| variable | default |", "|---|---|", *rows]


def _fee(kind: FeeKind) -> Callable[[PspProfile], str]:
    return lambda profile: fee_in_words(fee_of(kind, profile), most=1, first="EUR")


def _span(span_ms: int | None) -> str:
    return "no limit" if span_ms is None else format_span(span_ms)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _decided(after_ms: int | None) -> str:
    return "by hand" if after_ms is None else _span(after_ms)


_FACTS: tuple[tuple[str, Callable[[PspProfile], str]], ...] = (
    ("modelled on", lambda p: ", ".join(p.models) or "nobody"),
    ("authorize", lambda p: _yes(p.authorize)),
    ("a hold lasts", lambda p: _span(p.authorization_lifetime_ms) if p.authorize else "-"),
    ("partial capture", lambda p: p.partial_capture.value),
    ("captured beyond the hold", lambda p: tolerance_in_words(p.over_capture, "EUR")),
    ("capture outcome", lambda p: f"{p.capture_outcome.value}, {_span(p.capture_delay_ms)}"),
    ("incremental authorization", lambda p: _yes(p.incremental_authorization)),
    ("void / partial void", lambda p: f"{_yes(p.void)} / {_yes(p.partial_void)}"),
    ("split payments", lambda p: _yes(p.split_payments)),
    ("methods but cards are confirmed", lambda p: f"{p.confirmation.value}, {_span(p.confirmation_delay_ms)}"),
    ("asks in the shop's form for", lambda p: ", ".join(p.native) or "-"),
    ("payout to a card beyond the balance", lambda p: _yes(p.payout_short_balance is PayoutShortBalance.ALLOW)),
    ("refund", lambda p: p.refund.value),
    ("refund not before", lambda p: _span(p.refund_not_before_ms)),
    ("refund window", lambda p: _span(p.refund_window_ms)),
    ("refunded beyond the capture", lambda p: tolerance_in_words(p.over_refund, "EUR")),
    ("refund on a short balance", lambda p: p.refund_short_balance.value),
    ("pending refund cancelled within", lambda p: _span(p.refund_cancel_within_ms)),
    ("refund outcome", lambda p: f"{p.refund_outcome.value}, {_span(p.refund_delay_ms)}"),
    ("refund may fail after it looked final, for", lambda p: _span(p.refund_fails_after_final_ms)),
    ("dispute arrives after", lambda p: _span(p.chargeback_delay_ms)),
    ("disputed money is withheld", lambda p: "yes" if p.chargeback_withheld else "no, it is gone at once"),
    ("dispute can be won", lambda p: _yes(p.chargeback_contestable)),
    (
        "dispute answered within, decided after",
        lambda p: (
            f"{_span(p.chargeback_answer_within_ms)}, {_decided(p.chargeback_decided_after_ms)}"
            if p.chargeback_contestable
            else "-"
        ),
    ),
    ("dispute that was won comes again", lambda p: _yes(p.second_chargeback)),
    *((f"fee: {kind.name.replace('_', ' ')}", _fee(kind)) for kind in FEES),
    ("chargeback fee falls due, if won", lambda p: f"{p.chargeback_fee_when.value}, {p.chargeback_fee_if_won.value}"),
    ("processing fee on refund", lambda p: p.processing_fee_on_refund.value.replace("_", " ")),
    ("settles after", lambda p: _span(p.settlement_delay_ms)),
    ("a day's batch closes at", lambda p: p.settlement_cut_off or "-"),
    ("is paid out", lambda p: p.payout_schedule),
)


def compared(story: str) -> Callable[[], list[str]]:
    """What `mockpsp compare` prints of a built-in story."""

    def lines() -> list[str]:
        with replay.own_server() as base_url:
            scenario = replay.find(Path(story))
            fates = compare(scenario, base_url, set(available_psps(scenario, base_url).values()))
        return ["```text", f"$ mockpsp compare {story}", *table(scenario.name, fates).splitlines(), "```"]

    return lines


TABLES: dict[str, Callable[[], list[str]]] = {
    "psps": psps,
    "coverage": coverage,
    "objects": objects,
    "cards": cards,
    "endpoints": endpoints,
    "sandbox": control,
    "moves": moves,
    "events": events,
    "scenarios": scenarios,
    "settings": settings,
    "fraud": compared("suspected-fraud-refunded-or-disputed"),
    "shipment": compared("split-shipment"),
    "payouts": payouts,
}
_ID = re.compile(r"((?:payt_itm|payt|tr)_[0-9A-Za-z]{4})[0-9A-Za-z]{28}")
_BLOCK = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """The README with its tables as the code is now."""
    return _BLOCK.sub(lambda match: match[1] + "\n".join(TABLES[match[2]]()) + "\n" + match[3], text)


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
