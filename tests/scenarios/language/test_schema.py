"""The schema of stories: a file that is put together rightly is taken by schema and loader, one that isn't by neither.

What a schema can't see is left out: quoting, duplicate keys, names that are made elsewhere in the file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mockpsp.scenarios.language import schema
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import loads
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, Problems, parse
from mockpsp.scenarios.language.reading import INTEGER

VALIDATOR = Draft202012Validator(schema.schema())

HEAD = "format: 1\nname: A\n"
GET = "steps: [{call: GET /invoices}]\n"
SHOP = "receivers: {shop: {url: sink}}\n"
PSPS = "matrix: {psp: [wallet, bnpl]}\n"

#: Files that are right, by their lines after the head.
GOOD_FILES = (
    GET,
    GET + "tags: [a, 1, true]\nseed: 0\nclock: '2026-01-05T09:00:00Z'\n",
    GET + "always: [ledger.balanced]\n" + PSPS,
    GET + "only: {can: {partial_capture: [once, many], currencies: EUR}}\n",
    GET + "psps: {north: {like: wallet, refunds_max: 3, fees: {capture: {rate: '1%'}}}}\n",
    GET + "receivers: {shop: {url: app, topics: [transaction.captured]}, b: {url: '${app}/hooks', secret: abc}}\n",
    GET + "receivers: {shop: {url: sink, answers: [500, 200], scheme: stripe, body: dialect, endpoint: true}}\n",
    GET + "receivers: {s: {url: sink, handler: [{on: customer.created, call: GET /customers, key: a, via: wallet}]}}\n",
)
GOOD_FILES += (
    "steps: [{id: a, call: GET /cards}, {expect: {ledger: {delta: {since: a, 'income:sales': 0 EUR}}}}]\n",
    GET + "about: An answer was lost.\nsource: {title: Refunds, url: 'https://docs.example.com/refunds#failed'}\n",
    GET + "source: [{title: Refunds, url: 'https://docs.example.com/refunds'}, {choice: that it takes three days}]\n",
)
_ROWS = "matrix: {case: [{currency: EUR, fee: 1 EUR}, {currency: JPY, fee: 30 JPY}]}\n"
GOOD_FILES += (
    GET + _ROWS,
    GET + "clock: '2026-01-05 09:00 Europe/Berlin'\n",
    _ROWS + "steps: [{call: POST /invoices, body: {currency: '${case.currency}'}, only: {case.currency: JPY}}]\n",
    _ROWS + "steps: [{expect: {ledger: {balances: {'income:sales': '-${case.fee}'}}}}]\n",
)
#: Steps that are right, in a file with a receiver and a matrix.
GOOD_STEPS = (
    "{id: a, call: POST /invoices, body: {name: a, '${psp}': 1, details: [{name: b}]}, key: 1, via: wallet}",
    "{call: 'POST /invoices/${psp}/capture?expand=invoice', body: {source: x}, save: {tr: transaction.id}}",
    "{call: 'POST ${app}/checkout', body: {any: thing}}",
    "{call: PUT /sandbox/routing, body: {default: wallet}, only: {psp: wallet}}",
    "{call: GET /invoices, only: {psp: [wallet, bnpl]}}",
    "{call: GET /invoices, only: {psp: wallet, can: {void: true}}}",
    "{together: [{call: GET /invoices}, {id: 2, call: GET /cards, save: {a: count}, expect: {status: 200}}]}",
    "{together: [{call: GET /invoices}, {call: GET /cards}], expect: {statuses: [200, 2xx]}}",
    "{advance: {by: 3d}}",
    "{advance: {by: 2bd, calendar: target2}}",
    "{advance: {to: '2026-01-05T09:00:00Z'}}",
    "{advance: {until: idle, max: 4d}}",
    "{advance: {until: {event: transaction.captured}}}",
    "{advance: {until: {event: '${psp}'}}}",
    "{simulate: refund.fail, on: x, with: {reason: unknown}, after: 3d}",
    "{simulate: settlement.run, on: wallet, with: {}}",
    "{fault: none}",
    "{fault: {match: '*', do: reset, when: after_commit, nth: 2, times: 3, key: a, gateway: wallet}}",
    "{deliver: normal}",
    "{deliver: drop, match: {event: transaction.captured, endpoint: shop}, times: 2}",
    "{deliver: delay 5m}",
    "{deliver: [{do: drop}, {do: [duplicate, slow 3s], match: {}, times: 1}]}",
    "{reconcile: [{any: thing}], by: 1, differs: true}",
    "{end: {}}",
    "{id: x.y-z, end: {max: 30d}}",
    "{expect: {ledger: {unchanged: true}}}",
    "{call: GET /invoices, expect: {status: 4xx, transport: ok, headers: {a: b}, clock: '2026-01-05T09:00:00Z'}}",
    "{call: GET /invoices, expect: {status: {$gte: 400}, transport: timeout}}",
    "{call: GET /invoices, expect: {body: {invoices: [{name: {$match: x}}, null, 1, true], $exact: true}}}",
    "{call: GET /invoices, expect: {body: {a: {$absent: true}, count: {$between: [1, 2]}, limit: {$gt: 1, $lt: 3}}}}",
    "{call: GET /invoices, expect: {by: psp, status: 200, wallet: {body: {}}, bnpl: {events: [{no_more: true}]}}}",
    "{expect: {webhooks: [{to: shop, body: {a: b}, attempts: {$gte: 1}, count: 0}, {no_more: true}]}}",
    "{expect: {webhooks: [{to: shop, signature: valid, headers: {a: {$any: true}}}, {to: shop, no_more: true}]}}",
    "{expect: {events: [transaction.captured, {name: transaction.voided, data: {id: x}, count: 0}]}}",
    "{expect: {ledger: {balances: {'income:sales': 1.00 EUR, 'assets:bank': [0 EUR, -5 JPY], $exact: true}}}}",
    "{expect: {ledger: {delta: {'income:sales': 1 EUR}, postings: [{debit: assets:bank, amount: 1 EUR}]}}}",
)
GOOD_STEPS += (
    "{repeat: 20, id: 'part-${n}', call: 'GET /invoices/${n}'}",
    "{advance: {to: next friday 17:00 Europe/Berlin}}",
    "{advance: {to: '2026-03-02 09:00 Asia/Tokyo'}}",
    "{call: GET /payouts, expect: {body: {payouts: {$contains: [{amount: '1'}], $length: {$gte: 1}, $none: {id: a}}}}}",
    "{expect: {payouts: {$length: 0}, requests: [GET /events/*, {call: POST /invoices, count: 0}, {no_more: true}]}}",
    "{expect: {events: {$in_order: [transaction.captured, {name: transaction.voided}], $none: customer.created}}}",
    "{expect: {ledger: {totals: {'expenses:*': 1 EUR, 'assets:*': {$gt: 'income:*', $lt: 9 EUR}}}}}",
)
GOOD_STEPS += (
    "{expect: {webhooks: [{to: shop, $in_order: [transaction.captured, {event_type: transaction.voided}]}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: ['${psp}', {data: {$any: true}}]}, {no_more: true}]}}",
)
#: Files that are wrong.
BAD_FILES = (
    "",
    "steps: []\n",
    "steps: {call: GET /invoices}\n",
    "steps: [call]\n",
    GET + "nam: a\n",
    GET + "tags: []\n",
    GET + "tags: a\n",
    GET + "about: [a]\n",
    GET + "about: ''\n",
    GET + "source: https://docs.example.com/refunds\n",
    GET + "source: []\n",
    GET + "source: {title: Refunds}\n",
    GET + "source: {url: 'https://docs.example.com/refunds'}\n",
    GET + "source: {title: Refunds, url: docs.example.com/refunds}\n",
    GET + "source: {title: Refunds, url: 'https://docs.example.com/refunds', choice: three days}\n",
    GET + "source: {choice: ''}\n",
    GET + "source: [" + ", ".join(["{choice: a}"] * 11) + "]\n",
    GET + "seed: -1\n",
    GET + "seed: 9007199254740992\n",
    GET + "seed: '1'\n",
    GET + "clock: '2026-01-05'\n",
    GET + "always: [ledger.balance]\n",
    GET + "matrix: [psp]\n",
    GET + "matrix: {psp: []}\n",
    GET + "matrix: {psp: [wallet, wallet]}\n",
    GET + "matrix: {status: [a]}\n",
    GET + "matrix: {a-b: [a]}\n",
    GET + "psps: {North: {like: wallet}}\n",
    GET + "psps: {north: {refunds_max: 3}}\n",
    GET + "psps: {north: {like: wallet, refund_max: 3}}\n",
    GET + "psps: {north: {like: wallet, fees: {captur: {}}}}\n",
    GET + "psps: {" + ", ".join(f"p{n}: {{like: wallet}}" for n in range(51)) + "}\n",
    GET + "only: {}\n",
    GET + "only: {can: {}}\n",
    GET + "only: {can: {partial_captur: once}}\n",
    GET + "only: {can: {partial_capture: []}}\n",
    GET + "only: {psp: wallet}\n",
    GET + "matrix: {can: [a]}\n",
    GET + "receivers: {shop: {}}\n",
    GET + "receivers: {shop: {url: sinc}}\n",
    GET + "receivers: {a-b: {url: sink}}\n",
    GET + "receivers: {shop: {url: sink, answers: [199]}}\n",
    GET + "receivers: {shop: {url: sink, topics: [transaction.capturd]}}\n",
    GET + "receivers: {shop: {url: sink, scheme: strip}}\n",
    GET + "receivers: {shop: {url: sink, endpoint: 1}}\n",
    GET + "receivers: {shop: {url: app, answers: [200]}}\n",
    GET + "receivers: {shop: {url: sink, handler: [{call: GET /invoices}]}}\n",
    GET + "receivers: {shop: {url: sink, handler: [{on: customer.created, call: GET /invoices, save: {a: b}}]}}\n",
)
#: Steps that are wrong.
BAD_STEPS = (
    "{expect: {webhooks: [{$in_order: [transaction.captured]}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: []}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: transaction.captured}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: [transaction.capturd]}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: [transaction.captured], count: 1}]}}",
    "{expect: {webhooks: [{to: shop, $in_order: [transaction.captured], no_more: true}]}}",
    "{expect: {ledger: {delta: {since: [a], 'income:sales': 1 EUR}}}}",
    "{expect: {ledger: {balances: {since: a, 'income:sales': 1 EUR}}}}",
    "{}",
    "{id: a}",
    "{cal: GET /invoices}",
    "{call: GET /invoices, advance: {by: 3d}}",
    "{call: GET}",
    "{call: OPTIONS /invoices}",
    "{call: [GET /invoices]}",
    "{call: GET /invoices, on: x}",
    "{call: GET /invoices, id: a b}",
    "{call: GET /invoices, key: [a]}",
    "{call: POST /invoices, body: {nam: a}}",
    "{call: POST /invoices, body: {details: [{nam: a}]}}",
    "{call: POST /invoices, body: {details: {nam: a}}}",
    "{call: 'POST /invoices/${psp}/capture', body: {sorce: x}}",
    "{call: GET /invoices, save: {a-b: c}}",
    "{call: GET /invoices, save: {a: b..c}}",
    "{call: GET /invoices, only: psp}",
    "{call: GET /invoices, only: {can: {partial_captur: once}}}",
    "{call: GET /invoices, only: {psp: []}}",
    "{together: [{call: GET /invoices}]}",
    "{together: [{call: GET /invoices}, {body: {}}]}",
    "{together: [{call: GET /invoices}, {call: GET /cards, expect: {ledger: {unchanged: true}}}]}",
    "{advance: 3d}",
    "{advance: {}}",
    "{advance: {by: 3 days}}",
    "{advance: {by: 3d, to: '2026-01-05T09:00:00Z'}}",
    "{advance: {by: 3d, max: 4d}}",
    "{advance: {until: idel}}",
    "{advance: {until: {event: transaction.capturd}}}",
    "{advance: {by: 2bd, calendar: target}}",
    "{simulate: refund.fial, on: x}",
    "{simulate: refund.fail, on: x, with: {reasn: unknown}}",
    "{simulate: refund.settle, on: x, with: {reason: unknown}}",
    "{simulate: refund.fail, on: x, after: soon}",
    "{fault: reset}",
    "{fault: {match: '*'}}",
    "{fault: {match: '*', do: reset, when: sometimes}}",
    "{fault: {match: '*', do: reset, when: after_commit, nth: 0}}",
    "{fault: {match: '*', do: reset, when: after_commit, path: /a}}",
    "{deliver: duplicat}",
    "{deliver: delay}",
    "{deliver: drop 3s}",
    "{deliver: drop, match: {evnt: transaction.captured}}",
    "{deliver: normal, times: 2}",
    "{deliver: [{do: drop}], times: 2}",
    "{deliver: [{times: 2}]}",
    "{reconcile: []}",
    "{reconcile: [{}], differs: maybe}",
    "{end: {maks: 3d}}",
    "{end: 3d}",
    "{expect: {stats: 200}}",
    "{expect: {ledger: {unchanged: true}}, save: {a: b}}",
    "{call: GET /invoices, expect: {status: 600}}",
    "{call: GET /invoices, expect: {status: ok}}",
    "{call: GET /invoices, expect: {transport: broken}}",
    "{call: GET /invoices, expect: {body: {a: {$mach: x}}}}",
    "{call: GET /invoices, expect: {body: {a: {$gt: 1, b: 2}}}}",
    "{call: GET /invoices, expect: {body: {a: {$absent: false}}}}",
    "{call: GET /invoices, expect: {body: {a: {$between: [1]}}}}",
    "{call: GET /invoices, expect: {body: {a: {$match: 1}}}}",
    "{call: GET /invoices, expect: {by: psp, wallet: {stats: 200}, bnpl: {}}}",
    "{expect: {webhooks: []}}",
    "{expect: {webhooks: [{body: {}}]}}",
    "{expect: {webhooks: [{no_more: true, count: 1}]}}",
    "{expect: {webhooks: [{to: shop, signature: good}]}}",
    "{expect: {webhooks: [{to: shop, count: -1}]}}",
    "{expect: {events: [transaction.capturd]}}",
    "{expect: {events: [{name: transaction.captured, no_more: true}]}}",
    "{expect: {events: [{nam: transaction.captured}]}}",
    "{expect: {ledger: {balance: {}}}}",
    "{expect: {ledger: {balances: {'income:sales': '1.00'}}}}",
    "{expect: {ledger: {postings: [{debet: assets:bank}]}}}",
    "{expect: {ledger: {unchanged: 1}}}",
)


def whole(step: str) -> str:
    return f"{PSPS}{SHOP}steps:\n- {step}\n"


GOOD = [HEAD + text for text in (*GOOD_FILES, *map(whole, GOOD_STEPS))]
BAD = [HEAD + text for text in (*BAD_FILES, *map(whole, BAD_STEPS))]


def instance(node: Node | None) -> Any:
    """What an editor makes of a file, by the rules of YAML 1.2."""
    if isinstance(node, ListNode):
        return [instance(item) for item in node.items]
    if isinstance(node, MapNode):
        return {name.text: instance(value) for name, value in node.entries}
    assert node is not None
    if node.is_quoted:
        return node.text
    plain = {"true": True, "false": False, "null": None}
    return int(node.text) if INTEGER.fullmatch(node.text) else plain.get(node.text, node.text)


def is_valid(source: bytes) -> bool:
    return VALIDATOR.is_valid(instance(parse(source, Problems("story.yaml"))))


def said(source: bytes) -> str:
    """What the loader says against a file."""
    try:
        loads(source, Path("story.yaml"))
    except ScenarioErrors as error:
        return str(error)
    return ""


def unsaid(shape: Any, path: str = "") -> Iterator[str]:
    """Where a schema takes anything, and nobody has said that it may."""
    for key, value in shape.items() if isinstance(shape, dict) else ():
        if path.endswith("/properties") and value == {}:
            yield f"{path}/{key}"
        yield from unsaid(value, f"{path}/{key}")
    for index, value in enumerate(shape if isinstance(shape, list) else ()):
        yield from unsaid(value, f"{path}/{index}")


def test_it_is_a_schema_and_a_hundred_files_are_tried() -> None:
    Draft202012Validator.check_schema(schema.schema())

    assert len(GOOD) + len(BAD) > 100


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text.splitlines()[-1])
def test_a_file_that_is_right_is_taken_by_both(text: str) -> None:
    source = text.encode()

    assert (said(source), is_valid(source)) == ("", True)


@pytest.mark.parametrize("text", BAD, ids=lambda text: text.splitlines()[-1])
def test_a_file_that_is_wrong_is_refused_by_both(text: str) -> None:
    source = text.encode()

    assert (said(source) != "", is_valid(source)) == (True, False)


@pytest.mark.parametrize("path", library_paths(), ids=lambda path: path.stem)
def test_a_story_of_the_library_is_valid(path: Path) -> None:
    found = list(VALIDATOR.iter_errors(instance(parse(path.read_bytes(), Problems(path.name)))))

    assert [(list(error.absolute_path), error.message) for error in found] == []


def test_every_key_of_the_language_has_its_shape() -> None:
    """A key that was added has its row in one of schema.py's tables; `ANY` says that it takes anything."""
    assert list(unsaid(schema.schema())) == []


def test_it_is_shipped_as_text() -> None:
    assert json.loads(schema.as_text()) == schema.schema()
