"""Names that a story can't have: each is told with its place and the nearest known one, before anything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockpsp.scenarios.language import known
from mockpsp.scenarios.language.check import check
from tests.docs.shipped import SHIPPED

Find = Callable[[str | bytes], list[str]]

HEAD = "format: 1\nname: A story\n"
CAPTURE = "- call: POST /invoices/${iv}/capture\n"
SAVED = "- {call: POST /invoices, save: {iv: invoice.id}}\n"

#: Kind -> a step with one such mistake on its first line after those of `SAVED`, and what is said of it.
MISTAKES = {
    "route": (
        "- call: POST /invoices/${iv}/captur\n",
        "5:9: there is no route POST /invoices/${iv}/captur (nearest known: POST /invoices/{id}/capture)",
    ),
    "method": (
        "- call: PUT /transactions/${iv}\n",
        "5:9: there is no route PUT /transactions/${iv}; this path takes GET",
    ),
    "body key": (
        CAPTURE + "  body: {sorce: x}\n",
        "6:10: unknown key 'sorce' in the body of POST /invoices/{id}/capture (nearest known: source)",
    ),
    "body key within": (
        "- call: POST /cards\n  body: {contact: {adress1: x}}\n",
        "6:20: unknown key 'adress1' in the body of POST /cards (nearest known: address1)",
    ),
    "body key in a list": (
        "- call: POST /invoices\n  body: {details: [{name: a}, {nam: b}]}\n",
        "6:32: unknown key 'nam' in the body of POST /invoices (nearest known: name)",
    ),
    "word in a body": (
        "- call: POST /transactions/${iv}/refunds\n  body: {reason: customer_requests}\n",
        "6:18: reason is none of customer_request, duplicate, fraud, other: 'customer_requests'"
        " (nearest known: customer_request)",
    ),
    "PSP of a call": (CAPTURE + "  via: walet\n", "6:8: there is no PSP 'walet' (nearest known: wallet)"),
    "PSP by its alias": (CAPTURE + "  via: strip\n", "6:8: there is no PSP 'strip' (nearest known: stripe)"),
    "PSP in a body": (
        "- {call: PUT /sandbox/routing, body: {default: bnlp}}\n",
        "5:48: there is no PSP 'bnlp' (nearest known: bnpl)",
    ),
    "PSP of an account": (
        "- expect: {ledger: {balances: {'assets:psp:walet:pending': 0 EUR}}}\n",
        "5:32: there is no PSP 'walet' (nearest known: wallet)",
    ),
    "PSP of a fault": (
        "- fault: {match: '*', do: reset, when: after_commit, gateway: walet}\n",
        "5:63: there is no PSP 'walet' (nearest known: wallet)",
    ),
    "currency in a body": (
        "- {call: POST /invoices, body: {name: a, currency: EUO}}\n",
        "5:52: there is no currency 'EUO' that payments are made in (nearest known: EUR)",
    ),
    "move": ("- {simulate: refund.fial, on: x}\n", "5:14: unknown move 'refund.fial' (nearest known: refund.fail)"),
    "move in a body": (
        "- {call: POST /sandbox/simulate, body: {what: refund.fial, on: x}}\n",
        "5:47: unknown move 'refund.fial' (nearest known: refund.fail)",
    ),
    "detail of a move": (
        "- {simulate: refund.fail, on: x, with: {reasn: unknown}}\n",
        "5:41: unknown key 'reasn' in with of refund.fail (nearest known: reason)",
    ),
    "reason of a move": (
        "- {simulate: refund.fail, on: x, with: {reason: acount_closed}}\n",
        "5:49: reason is none of insufficient_merchant_balance,",
    ),
    "bank's reason of a move": (
        "- {simulate: payment.fail, on: x, with: {reason: AC0}}\n",
        "5:50: there is no reason 'AC0' of a bank; did you mean 'AC06'?",
    ),
    "scripted outcome": (
        "- call: POST /sandbox/rules\n  body: {match: {on: refund}, outcome: [ok, card.stoln]}\n",
        "6:45: unknown code that a payment fails with 'card.stoln' (nearest known: card.stolen)",
    ),
    "code of a move": (
        "- {simulate: payment.fail, on: x, with: {code: card.declind}}\n",
        "5:48: unknown code that a payment fails with 'card.declind' (nearest known: card.declined)",
    ),
    "route of a fault": (
        "- fault: {match: POST /invoices/*/captures, do: reset, when: after_commit}\n",
        "5:18: match: there is no route POST /invoices/*/captures; did you mean 'POST /invoices/*/capture'?",
    ),
    "what a fault does": (
        "- fault: {match: POST /invoices, do: rest, when: after_commit}\n",
        "5:38: do: ",
    ),
    "rule of deliveries": ("- deliver: duplicat\n", "5:12: unknown misbehaviour 'duplicat' (nearest known: duplicate)"),
    "event of a rule": (
        "- {deliver: drop, match: {event: transaction.capturd}}\n",
        "5:34: there is no event 'transaction.capturd'; did you mean 'transaction.captured'?",
    ),
    "receiver of a rule": ("- {deliver: drop, match: {endpoint: shpo}}\n", "5:37: no receiver is named 'shpo'"),
    "key of an answer": (
        CAPTURE + "  expect: {body: {transaction: {operations: {$contains: {amuont: '1'}}}}}\n",
        "6:58: the answer of POST /invoices/{id}/capture has no 'amuont' here (nearest known: amount)",
    ),
    "key of an answer's list": (
        "- {call: 'GET /transactions/tr_1/refunds', expect: {body: {refunds: [{resaon: fraud}]}}}\n",
        "5:71: the answer of GET /transactions/{id}/refunds has no 'resaon' here (nearest known: reason)",
    ),
    "word of an answer": (
        "- {call: GET /sandbox/clock, expect: {body: {clock: {mode: manuel}}}}\n",
        "5:60: the answer of GET /sandbox/clock has no 'manuel' here: there are manual, wall (nearest known: manual)",
    ),
    "what is saved of an answer": (
        "- {call: POST /cards, save: {c: card.idd}}\n- {call: 'GET /cards/${c}'}\n",
        "5:33: the answer of POST /cards has no 'card.idd': 'idd' (nearest known: id)",
    ),
    "name in a query": (
        "- {call: 'GET /cards?limt=3'}\n",
        "5:10: unknown 'limt' in the query of GET /cards, it takes end_before, expand, limit, order, start_after"
        " (nearest known: limit)",
    ),
    "word in a query": (
        "- {call: 'GET /cards/card_1?expand=projct'}\n",
        "5:10: expand is none of project, token: 'projct' (nearest known: project)",
    ),
    "key of the clock": ("- {expect: {clock: {nw: x}}}\n", "5:21: clock has no 'nw' here (nearest known: now)"),
    "key of a payout": (
        "- {expect: {payouts: [{statsu: paid}]}}\n",
        "5:24: payouts has no 'statsu' here (nearest known: status)",
    ),
    "call of an application": (
        "- {expect: {requests: [GET /evnts/*]}}\n",
        "5:24: call: there is no route GET /evnts/*; did you mean 'GET /events/*'?",
    ),
    "gateway of a move": (
        "- {simulate: settlement.run, on: walet}\n",
        "5:34: there is no PSP 'walet' (nearest known: wallet)",
    ),
    "event that is waited for": (
        "- {call: POST /sandbox/clock/advance, body: {until: {event: transaction.capturd}}}\n",
        "5:61: there is no event 'transaction.capturd'",
    ),
}


def story(steps: str, head: str = "") -> str:
    return f"{HEAD}{head}steps:\n{SAVED if '${iv}' in steps else SAVED.replace(', save: {iv: invoice.id}', '')}{steps}"


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_name_that_there_is_not_is_told_with_its_place_and_the_nearest(problems: Find, kind: str) -> None:
    steps, said = MISTAKES[kind]

    found = problems(story(steps))

    assert len(found) == 1
    assert found[0].startswith(said)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("matrix: {psp: [wallet, bnlp]}\n", "3:24: there is no PSP 'bnlp' (nearest known: bnpl)"),
        ("psps: {north: {like: walet}}\n", "3:22: psps.north: like: there is no PSP 'walet'; did you mean 'wallet'?"),
        (
            "receivers: {shop: {url: sink, scheme: strip}}\n",
            "3:39: unknown scheme 'strip' (nearest known: stripe)",
        ),
        (
            "receivers: {shop: {url: sink, topics: [transaction.capturd]}}\n",
            "3:40: there is no event 'transaction.capturd'; did you mean 'transaction.captured'?",
        ),
    ],
)
def test_the_head_of_a_file_is_held_to_the_same_names(problems: Find, head: str, said: str) -> None:
    assert problems(story("", head)) == [said]


@pytest.mark.parametrize(
    "steps",
    [
        CAPTURE + "  via: stripe\n",
        CAPTURE + "  via: north\n",
        "- {call: PUT /sandbox/psps/south, body: {like: wallet}}\n" + CAPTURE + "  via: south\n",
        "- {call: POST /gateways/wallet/gateway-configurations, body: {name: second}}\n" + CAPTURE + "  via: second\n",
        CAPTURE + "  via: gway_conf_44ae90db0a62f819a404ef6a8ff994ca\n",
        "- {call: 'GET /invoices/${iv}?expand=transaction'}\n",
        "- {call: 'POST /invoices/${iv}/${what}', only: {what: void}}\n",
        "- {call: POST /invoices, body: {currency: EUO}, expect: {status: 400}}\n",
        "- {call: POST /invoices, body: {currency: null, metadata: {anything: at all}}}\n",
        "- {simulate: refund.fail, on: x, with: {reason: '${what}'}}\n",
        "- {call: POST /cards, body: {exp_month: 1}, expect: {body: {card: {number: {$absent: true}}}}}\n",
        "- {call: POST /cards, expect: {status: 400, body: {error_type: request.validation.error}}}\n",
        "- {call: POST /customers, body: {metadata: {a: b}}, expect: {body: {customer: {metadata: {a: b}}}}}\n",
        "- {call: 'GET /transactions/tr_1?expand[]=card&expand=invoice.customer'}\n",
        "- {call: 'GET ${app}/orders?limt=3', expect: {body: {order: {paid: '1'}}}}\n",
        "- {simulate: settlement.run, on: stripe}\n",
        "- {simulate: settlement.run, on: north}\n",
    ],
)
def test_what_there_is_in_any_way_is_taken(problems: Find, steps: str) -> None:
    assert problems(story(steps, "psps: {north: {like: wallet}}\nmatrix: {what: [void, capture]}\n")) == []


def test_a_key_is_held_to_the_known_ones_where_a_refusal_is_expected_too(problems: Find) -> None:
    """It would be refused for another reason than the one meant, and nobody would know."""
    refund = "- {call: 'POST /transactions/tr_1/refunds', body: {amonut: '1000.00'}, expect: {status: 400}}\n"

    assert problems(story(refund)) == [
        "5:52: unknown key 'amonut' in the body of POST /transactions/{id}/refunds (nearest known: amount)"
    ]


def test_seven_mistakes_of_a_file_are_seven_problems(tmp_path: Path) -> None:
    steps = "".join(MISTAKES[kind][0] for kind in ("route", "body key", "PSP of a call", "event of a rule", "move"))
    steps += "- expect: {ledger: {balances: {'income:refund': 0 EUO}}}\n"
    (tmp_path / "a.yaml").write_text(story(steps))

    checked = check([tmp_path])

    assert len(checked.problems) == 7
    assert str(checked).endswith("1 file, 7 problems")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_made_from_the_code_is_as_the_code_is_now(path: Path) -> None:
    """`make docs` writes it."""
    assert path.read_text(encoding="utf-8") == SHIPPED[path]()


def test_every_route_of_a_call_is_found_again() -> None:
    routes = [name.partition(" ") for name in known.routes()]

    found = [known.find_route(method, path.replace("{}", "id_1")) for method, _, path in routes]

    assert [route and route.name for route in found] == list(known.routes())
