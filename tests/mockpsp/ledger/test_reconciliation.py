"""The merchant's records against the books: what agrees, what doesn't, and where the two part."""

from typing import Any

import pytest

from mockpsp.ledger.records import RecordsError, records_of
from mockpsp.sandbox_client import Sandbox, SandboxError


def pay(mockpsp: Sandbox, amount: str, *, order: str = "1", currency: str = "EUR", number: str = "") -> dict[str, Any]:
    body = {"name": "Order", "amount": amount, "currency": currency, "metadata": {"order": order}}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    card = mockpsp.card(number) if number else mockpsp.card()
    return dict(mockpsp.post(f"/invoices/{invoice}/capture", {"source": card})["transaction"])


def refund(mockpsp: Sandbox, transaction_id: str, amount: str) -> str:
    return str(mockpsp.post(f"/transactions/{transaction_id}/refunds", {"amount": amount})["refund"]["id"])


def record(reference: str, kind: str, amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"reference": reference, "kind": kind, "amount": amount, "currency": currency}


def divergences(mockpsp: Sandbox, records: list[dict[str, Any]], key: str = "transaction_id") -> list[dict[str, Any]]:
    found = mockpsp.post("/sandbox/reconcile", {"key": key, "records": records})["reconciliation"]
    assert found["records"] == len(records)
    assert found["agrees"] == (not found["divergences"])
    return list(found["divergences"])


def test_one_row_may_stand_for_several_entries_and_several_for_one(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "100.00")["id"]
    refund(mockpsp, paid, "30.00")
    refund(mockpsp, paid, "10.00")

    in_one = [record(paid, "capture", "100.00"), record(paid, "refund", "40.00")]
    in_pieces = [record(paid, "sale", "60.00"), record(paid, "payment", "40"), record(paid, "refunds", "40.00")]

    assert divergences(mockpsp, in_one) == []
    assert divergences(mockpsp, in_pieces) == []


def test_the_first_entry_without_a_record_is_named(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "100.00")["id"]
    for amount in ("10.00", "20.00", "30.00"):
        refund(mockpsp, paid, amount)
    own = [record(paid, "capture", "100"), record(paid, "refund", "10"), record(paid, "refund", "30")]

    [found] = divergences(mockpsp, own)

    assert (found["recorded"], found["booked"]) == ("40.00", "60.00")
    assert [posting["amount"] for posting in found["postings"]] == ["20.00"]
    assert found["event"]["name"] == "transaction.refunded"
    assert mockpsp.get(f"/events/{found['event']['id']}")["event"]["name"] == "transaction.refunded"


def test_the_earliest_comes_first_and_what_was_never_booked_last(mockpsp: Sandbox) -> None:
    first, second = pay(mockpsp, "10.00")["id"], pay(mockpsp, "20.00")["id"]

    found = divergences(mockpsp, [record("tr_nobody", "capture", "5.00")])

    assert [one["reference"] for one in found] == [first, second, "tr_nobody"]
    assert (found[2]["recorded"], found[2]["booked"], found[2]["at"]) == ("5.00", "0.00", None)


def test_a_dispute_that_nobody_wrote_down_is_found(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "50.00")["id"]
    mockpsp.simulate("chargeback.open", paid)

    [found] = divergences(mockpsp, [record(paid, "capture", "50.00")])

    assert (found["kind"], found["booked"], found["event"]["name"]) == (
        "chargeback",
        "50.00",
        "transaction.chargeback.created",
    )
    assert divergences(mockpsp, [record(paid, "capture", "50.00"), record(paid, "dispute", "50.00")]) == []
    mockpsp.simulate("chargeback.win", paid)
    assert divergences(mockpsp, [record(paid, "capture", "50.00")]) == []


def test_an_open_refund_counts_from_its_acceptance(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/routing", {"default": "card-flexible"})
    mockpsp.put("/sandbox/psps/slow", {"like": "card-flexible", "refund_outcome": "async", "refund_delay": "2d"})
    mockpsp.put("/sandbox/routing", {"default": "slow"})
    paid = pay(mockpsp, "50.00")["id"]
    refund(mockpsp, paid, "20.00")
    own = [record(paid, "capture", "50.00"), record(paid, "refund", "20.00")]

    assert divergences(mockpsp, own) == []
    mockpsp.advance("3d")
    assert divergences(mockpsp, own) == []


def test_fees_and_payouts_are_compared_where_records_name_them(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/routing", {"default": "card-flexible"})
    paid = pay(mockpsp, "100.00")["id"]
    sale = record(paid, "capture", "100.00")

    assert divergences(mockpsp, [sale]) == []
    assert divergences(mockpsp, [sale, record(paid, "fee", "3.20")]) == []
    [found] = divergences(mockpsp, [sale, record(paid, "fee", "3.19")])
    assert (found["kind"], found["recorded"], found["booked"], found["fact"]) == ("fee", "3.19", "3.20", "captured")

    mockpsp.simulate("settlement.run", "card-flexible")
    payout = mockpsp.simulate("payout.run", "card-flexible")["ids"][0]
    assert divergences(mockpsp, [sale, record(payout, "payout", "96.80")]) == []


def test_records_may_be_known_by_the_invoice_or_its_metadata(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "10.00", order="A 1")

    assert divergences(mockpsp, [record(paid["invoice_id"], "capture", "10.00")], "invoice_id") == []
    assert divergences(mockpsp, [record("A 1", "capture", "10.00")], "metadata.order") == []
    assert len(divergences(mockpsp, [record("A 2", "capture", "10.00")], "metadata.order")) == 2


def test_minor_units_follow_the_currency(mockpsp: Sandbox) -> None:
    yen, dinars = pay(mockpsp, "500", currency="JPY")["id"], pay(mockpsp, "1.234", currency="KWD")["id"]
    own = [
        {"transaction_id": yen, "kind": "capture", "amount_minor": 500, "currency": "jpy"},
        {"transaction_id": dinars, "kind": "capture", "amount_minor": 1234, "currency": "KWD"},
    ]

    assert divergences(mockpsp, own) == []


def test_every_change_to_right_records_is_found(mockpsp: Sandbox) -> None:
    own: list[dict[str, Any]] = []
    for number in range(4):
        paid = pay(mockpsp, f"{10 + number}.00")["id"]
        own.append(record(paid, "capture", f"{10 + number}.00"))
        refund(mockpsp, paid, "3.00")
        own.append(record(paid, "refund", "3.00"))

    assert divergences(mockpsp, own) == []
    for index, row in enumerate(own):
        rest = own[:index] + own[index + 1 :]
        for changed in (
            rest,
            [*rest, row, row],
            [*rest, {**row, "amount": "0.01"}],
            [*rest, {**row, "currency": "USD"}],
        ):
            found = divergences(mockpsp, changed)
            assert {(one["reference"], one["kind"]) for one in found} == {(row["reference"], row["kind"])}


def test_the_plugin_says_where_they_part(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "10.00")["id"]

    mockpsp.reconcile([record(paid, "capture", "10.00")])
    with pytest.raises(AssertionError, match=r"refund of tr_.*your records say 2.00 EUR, the books 0.00"):
        mockpsp.reconcile([record(paid, "capture", "10.00"), record(paid, "refund", "2.00")])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"kind": "refund", "amount": "1", "currency": "EUR"}, "row 1: transaction_id (or reference) is missing"),
        ({"reference": "a", "kind": "tip", "amount": "1", "currency": "EUR"}, "row 1: kind is 'tip'; known: capture"),
        ({"reference": "a", "kind": "refund", "amount": "1.234", "currency": "EUR"}, "has 3 decimals, but EUR has 2"),
        ({"reference": "a", "kind": "refund", "amount": "1", "currency": "EURO"}, "is not an ISO 4217"),
        ({"reference": "a", "kind": "refund", "amount": "--1", "currency": "EUR"}, "must be plain decimal digits"),
        ({"reference": "a", "kind": "refund", "amount_minor": "1.5", "currency": "EUR"}, "must be a whole number"),
        ({"reference": "a", "kind": "refund", "currency": "EUR"}, "row 1: amount is missing"),
        ("refund", "row 1: must be an object"),
    ],
)
def test_bad_records_are_refused_with_their_row(mockpsp: Sandbox, row: Any, said: str) -> None:
    with pytest.raises(SandboxError, match=r"400 request\.validation\.error") as refused:
        mockpsp.post("/sandbox/reconcile", {"records": [row]})
    assert said in str(refused.value)


def test_a_reversal_is_below_zero() -> None:
    assert records_of("records", [record("a", "refund", "-1.50")], "transaction_id")[0].amount_minor == -150


@pytest.mark.parametrize("key", ["order", "metadata.", 'metadata.a"b', ""])
def test_an_unknown_key_is_refused(mockpsp: Sandbox, key: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/reconcile", {"records": [], "key": key})

    assert key == "" or (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.error")


def test_records_errors_name_the_source() -> None:
    with pytest.raises(RecordsError, match="records: row 2"):
        records_of("records", [record("a", "refund", "1"), {}], "transaction_id")
