"""How a story begins: a few steps that replay as they are, or another story's under a name of its own."""

import json
import re
from importlib.resources import files
from pathlib import Path

from mockpsp.scenarios.language.copying import copied
from mockpsp.scenarios.language.loader import load, one_of

SCHEMA_NAME = "scenario.schema.json"
#: By which editors that know YAML find the schema.
_MODELINE = f"# yaml-language-server: $schema=./{SCHEMA_NAME}\n"
_NAME = re.compile(r"^name:.*$", re.MULTILINE)
_MODELINES = re.compile(r"^# yaml-language-server:.*\n", re.MULTILINE)

_TEXT = """\
format: 1
name: NAME
about: What went wrong, or the rule that this shows.
source: {choice: "Nobody's rule yet: name the page where it is written down by title and url."}
seed: 1
clock: "2026-01-05T09:00:00Z"
receivers:
  shop: {url: sink} # a receiver of webhooks in the replaying process
always: [ledger.balanced, captured <= authorized, refunded <= captured]
steps:
  - id: card
    call: POST /cards
    body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}
    save: {card: card.id}
  - id: invoice
    call: POST /invoices
    body: {name: Order 1, amount: "100.00", currency: EUR}
    save: {iv: invoice.id}
  - id: pay
    call: POST /invoices/${iv}/capture
    body: {source: "${card}"}
    save: {tr: transaction.id}
    expect:
      status: 2xx
      body: {transaction: {status: completed, captured_amount: "100.00"}}
  - id: refund
    call: POST /transactions/${tr}/refunds
    body: {amount: "40.00", reason: customer_request}
    expect:
      ledger: {delta: {"income:refunds": 40.00 EUR}}
  - id: end
    end: {max: 30d}
    expect:
      webhooks:
        - {to: shop, body: {event_type: transaction.captured}, count: 1}
        - {to: shop, body: {event_type: transaction.refunded}, count: 1}
"""


def text(name: str, model: Path | None = None) -> tuple[str, dict[str, str]]:
    """A story of that name, and by path the files that it uses; like another, whose steps and words it has.

    `ScenarioErrors` for one that is no story.
    """
    if model is None:
        return _MODELINE + _TEXT.replace("NAME", _quoted(name)), {}
    path = one_of(model)
    load(path)
    body, beside = copied(path)
    body = _NAME.sub(lambda _: f"name: {_quoted(name)}", _MODELINES.sub("", body), count=1)
    return _MODELINE + body, beside


def schema_text() -> str:
    """The schema as it is shipped."""
    return files("mockpsp.scenarios").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")


def _quoted(name: str) -> str:
    """A name as YAML reads it back, whatever it looks like."""
    return json.dumps(name, ensure_ascii=False)
