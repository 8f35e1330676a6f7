"""Payouts over HTTP: what settles becomes available, a payout takes it all, and its items add up to the cent."""

from decimal import Decimal
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

AVAILABLE = "assets:psp:card-flexible:available"


def pay(mockpsp: Sandbox, amount: str, gateway: str = "card-flexible", currency: str = "EUR") -> str:
    body = {"name": "Order", "amount": amount, "currency": currency, "metadata": {"mockpsp_gateway": gateway}}
    invoice = mockpsp.post("/invoices", body)["invoice"]
    paid = mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})
    return str(paid["transaction"]["id"])


def refund(mockpsp: Sandbox, transaction: str, amount: str) -> None:
    mockpsp.post(f"/transactions/{transaction}/refunds", {"amount": amount})


def move(mockpsp: Sandbox, what: str, on: str, **details: str) -> dict[str, Any]:
    body = {"what": what, "on": on, **({"with": details} if details else {})}
    return dict(mockpsp.post("/sandbox/simulate", body)["simulated"])


def pay_out(mockpsp: Sandbox, gateway: str = "card-flexible") -> str:
    return str(move(mockpsp, "payout.run", gateway)["ids"][0])


def items(mockpsp: Sandbox, payout: str) -> list[dict[str, Any]]:
    return list(mockpsp.get(f"/payouts/{payout}/items?limit=100&order=asc")["items"])


def balance(mockpsp: Sandbox, account: str, currency: str = "EUR") -> str:
    return mockpsp.balances().get(account, {}).get(currency, "0.00")


def test_a_payout_takes_what_is_available_and_has_every_field(mockpsp: Sandbox) -> None:
    pay(mockpsp, "100.00")
    move(mockpsp, "settlement.run", "card-flexible")
    available = balance(mockpsp, AVAILABLE)

    payout = mockpsp.get(f"/payouts/{pay_out(mockpsp)}")["payout"]

    assert payout["gateway_configuration"]["id"] == payout["gateway_configuration_id"]
    assert {name: payout[name] for name in list(payout) if name != "gateway_configuration"} == {
        "id": payout["id"],
        "project_id": mockpsp.project_id.removeprefix("test-"),
        "gateway_configuration_id": payout["gateway_configuration_id"],
        "gateway_resource_id": payout["gateway_resource_id"],
        "report_ids": [],
        "status": "received",
        "failure_reason_code": None,
        "failure_reason": None,
        "metadata": {},
        "amount": "96.8",
        "currency": "EUR",
        "bank_name": None,
        "bank_summary": None,
        "sales_transactions": 1,
        "sales_volume": "100",
        "sales_fees": "-3.2",
        "refunds_transactions": 0,
        "refunds_volume": "0",
        "refunds_fees": "0",
        "chargebacks_transactions": 0,
        "chargebacks_volume": "0",
        "chargebacks_fees": "0",
        "fees": "-3.2",
        "adjustments": "0",
        "adjustments_volume": "0",
        "adjustments_fees": "0",
        "reserve": "0",
        "reserve_volume": "0",
        "reserve_fees": "0",
        "items": None,
        "settled_at": payout["created_at"],
        "created_at": payout["created_at"],
    }
    assert (available, balance(mockpsp, AVAILABLE), balance(mockpsp, "assets:bank")) == ("96.80", "0.00", "96.80")


def test_an_item_has_every_field(mockpsp: Sandbox) -> None:
    transaction = pay(mockpsp, "100.00")
    move(mockpsp, "settlement.run", "card-flexible")
    payout = pay_out(mockpsp)

    (item,) = items(mockpsp, payout)

    assert item == {
        "id": item["id"],
        "project_id": mockpsp.project_id.removeprefix("test-"),
        "payout_id": payout,
        "transaction_id": transaction,
        "report_id": None,
        "type": "sale",
        "payment_provider_type": None,
        "gateway_resource_id": item["gateway_resource_id"],
        "amount": "100",
        "fees": "-3.2",
        "breakdown": {
            "scheme_fee": None,
            "interchange_fee": None,
            "gateway_fee": "-3.2",
            "markup_fee": None,
            "acquirer_fee": None,
            "other_fee": None,
        },
        "metadata": {},
        "created_at": item["created_at"],
    }


def test_items_of_refunds_disputes_and_fees_add_up_to_the_payout(mockpsp: Sandbox) -> None:
    early, late, disputed = (pay(mockpsp, amount) for amount in ("100.00", "50.00", "70.00"))
    refund(mockpsp, early, "30.00")
    move(mockpsp, "settlement.run", "card-flexible")
    refund(mockpsp, late, "12.34")
    mockpsp.settle()
    move(mockpsp, "chargeback.open", disputed, amount="20.00")
    available = Decimal(balance(mockpsp, AVAILABLE))

    payout = mockpsp.get(f"/payouts/{pay_out(mockpsp)}?expand=items")["payout"]

    lines = payout["items"]
    types = [line["type"] for line in lines]
    assert (types.count("sale"), types.count("refund"), types.count("chargeback")) == (3, 2, 1)
    assert sum(Decimal(line["amount"]) + Decimal(line["fees"]) for line in lines) == available
    assert Decimal(payout["amount"]) == available == Decimal(balance(mockpsp, "assets:bank"))
    volumes = [f"{name}_volume" for name in ("sales", "refunds", "chargebacks", "adjustments", "reserve")]
    assert sum(Decimal(payout[name]) for name in [*volumes, "fees"]) == available
    assert (payout["refunds_transactions"], payout["refunds_volume"]) == (2, "-42.34")


def test_what_falls_below_zero_waits_and_is_netted_by_the_next_payout(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "card-flexible", "refund_short_balance": "allow"})
    first = pay(mockpsp, "100.00", "north")
    move(mockpsp, "settlement.run", "north")
    pay_out(mockpsp, "north")
    refund(mockpsp, first, "60.00")
    short = mockpsp.call("POST", "/sandbox/simulate", {"what": "payout.run", "on": "north"})
    pay(mockpsp, "200.00", "north")
    move(mockpsp, "settlement.run", "north")

    second = pay_out(mockpsp, "north")

    assert (short.status_code, "-60" in short.json()["message"]) == (400, True)
    assert [line["type"] for line in items(mockpsp, second)] == ["refund", "sale"]
    assert balance(mockpsp, "assets:psp:north:available") == "0.00"


def test_a_failed_payout_is_put_back_and_paid_by_the_next_one(mockpsp: Sandbox) -> None:
    pay(mockpsp, "100.00")
    move(mockpsp, "settlement.run", "card-flexible")
    failed = pay_out(mockpsp)

    move(mockpsp, "payout.fail", failed, reason="account_closed")

    shown = mockpsp.get(f"/payouts/{failed}")["payout"]
    assert (shown["status"], shown["failure_reason_code"]) == ("failed", "account_closed")
    assert (balance(mockpsp, AVAILABLE), balance(mockpsp, "assets:bank")) == ("96.80", "0.00")
    again = mockpsp.call("POST", "/sandbox/simulate", {"what": "payout.fail", "on": failed})
    assert again.status_code == 400
    (line,) = items(mockpsp, pay_out(mockpsp))
    assert (line["type"], line["amount"], line["metadata"]) == ("adjustment", "96.8", {"failed_payout_id": failed})
    assert mockpsp.get("/payouts")["total_count"] == 2


def test_each_currency_is_paid_out_by_itself(mockpsp: Sandbox) -> None:
    for currency, amount in (("EUR", "100.00"), ("USD", "50.00")):
        pay(mockpsp, amount, "sandbox", currency)
    move(mockpsp, "settlement.run", "sandbox")

    dollars = move(mockpsp, "payout.run", "sandbox", currency="USD")["ids"]
    rest = move(mockpsp, "payout.run", "gway_conf_44ae90db0a62f819a404ef6a8ff994ca")["ids"]

    listed = mockpsp.get("/payouts")["payouts"]
    assert [(one["id"], one["currency"]) for one in listed] == [(rest[0], "EUR"), (dollars[0], "USD")]


def test_a_transaction_shows_what_payouts_made_of_it(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "card-flexible", "refund_short_balance": "allow"})
    transaction = pay(mockpsp, "100.00", "north")
    path = f"/transactions/{transaction}?expand=payout_items"
    before = mockpsp.get(path)["transaction"]
    move(mockpsp, "settlement.run", "north")
    payout = pay_out(mockpsp, "north")
    refund(mockpsp, transaction, "10.00")

    after = mockpsp.get(path)["transaction"]

    assert (before["payout_items"], before["payout_summary"]["settlement_status"]) == ([], "pending")
    assert [item["payout_id"] for item in after["payout_items"]] == [payout, None]
    assert after["payout_summary"]["settlement_status"] == "partially-settled"
    assert (after["payout_summary"]["total_amount"], after["payout_summary"]["settled_amount"]) == ("90", "100")
    assert "payout_summary" not in mockpsp.get(f"/transactions/{transaction}")["transaction"]


def test_a_transaction_is_not_settled_while_one_of_its_captures_is_not(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "settlement_delay": "2d", "payout_schedule": "daily"})
    body = {"name": "Two", "amount": "100.00", "currency": "EUR", "metadata": {"mockpsp_gateway": "north"}}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    mockpsp.post(f"/invoices/{invoice}/authorize", {"source": mockpsp.card()})
    path = f"/invoices/{invoice}/capture"
    paid = mockpsp.post(path, {"capture_amount": "60.00", "capture_type": "non-final"})["transaction"]["id"]
    found = []
    for days in ("1d", "2d"):
        mockpsp.advance(days)
        found.append(mockpsp.get(f"/transactions/{paid}?expand=payout_items")["transaction"]["payout_summary"])
    mockpsp.post(path, {"capture_type": "final"})
    for days in ("1d", "2d"):
        mockpsp.advance(days)
        found.append(mockpsp.get(f"/transactions/{paid}?expand=payout_items")["transaction"]["payout_summary"])

    assert [(one["settlement_status"], one["is_settled"], one["settled_amount"]) for one in found] == [
        ("pending", False, "0"),
        ("settled", True, "60"),
        ("partially-settled", False, "60"),
        ("settled", True, "100"),
    ]


def test_a_transaction_is_settled_again_once_its_failed_payout_was_paid_again(mockpsp: Sandbox) -> None:
    path = f"/transactions/{pay(mockpsp, '100.00')}?expand=payout_items"
    move(mockpsp, "settlement.run", "card-flexible")
    found = []
    payout = pay_out(mockpsp)
    for _ in range(2):
        found.append(mockpsp.get(path)["transaction"]["payout_summary"])
        move(mockpsp, "payout.fail", payout)
        found.append(mockpsp.get(path)["transaction"]["payout_summary"])
        payout = pay_out(mockpsp)
    found.append(mockpsp.get(path)["transaction"]["payout_summary"])

    paid, failed = ("settled", True, "100"), ("pending", False, "0")
    shown = [(one["settlement_status"], one["is_settled"], one["settled_amount"]) for one in found]
    assert shown == [paid, failed, paid, failed, paid]


def test_each_capture_brings_its_own_fees_and_what_was_given_back_of_them_before(mockpsp: Sandbox) -> None:
    facts = {"settlement_delay": "2d", "processing_fee_on_refund": "pro_rata", "fees": {"capture": {"rate": "10%"}}}
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", **facts})
    body = {"name": "Two", "amount": "100.00", "currency": "EUR", "metadata": {"mockpsp_gateway": "north"}}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    mockpsp.post(f"/invoices/{invoice}/authorize", {"source": mockpsp.card()})
    path = f"/invoices/{invoice}/capture"
    paid = mockpsp.post(path, {"capture_amount": "60.00", "capture_type": "non-final"})["transaction"]["id"]
    mockpsp.advance("1d")
    mockpsp.post(path, {"capture_type": "final"})
    refund(mockpsp, paid, "30.00")

    found = []
    for _ in range(2):
        mockpsp.advance("1d")
        payout = mockpsp.get(f"/payouts/{pay_out(mockpsp, 'north')}?expand=items")["payout"]
        lines = sorted((line["type"], line["amount"], line["fees"]) for line in payout["items"])
        found.append((payout["amount"], lines))

    assert found == [("27", [("refund", "-30", "3"), ("sale", "60", "-6")]), ("36", [("sale", "40", "-4")])]


def test_what_a_refund_that_waits_held_up_is_paid_once_it_waits_no_more(mockpsp: Sandbox) -> None:
    facts = {"settlement_delay": "0s", "payout_schedule": "daily", "refund_short_balance": "wait"}
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", **facts})
    first = pay(mockpsp, "50.00", "north")
    mockpsp.advance("1d")
    waiting = mockpsp.post(f"/transactions/{first}/refunds", {"amount": "50.00"})["refund"]["id"]
    pay(mockpsp, "30.00", "north")
    found = [balance(mockpsp, "assets:bank")]
    for _ in range(2):
        mockpsp.advance("1d")
        found.append(balance(mockpsp, "assets:bank"))

    move(mockpsp, "refund.cancel", waiting)
    mockpsp.advance("1d")

    assert [*found, balance(mockpsp, "assets:bank")] == ["50.00", "50.00", "50.00", "80.00"]


def test_the_payouts_fee_is_on_what_the_reserve_leaves(mockpsp: Sandbox) -> None:
    fees = {"payout": {"rate": "10%"}}
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "reserve": "20%", "reserve_period": "30d", "fees": fees})
    pay(mockpsp, "100.00", "north")
    move(mockpsp, "settlement.run", "north")

    payout = mockpsp.get(f"/payouts/{pay_out(mockpsp, 'north')}")["payout"]

    assert (payout["amount"], payout["reserve"], payout["fees"]) == ("72", "-20", "-8")


def test_a_deleted_payout_is_gone_and_nothing_is_paid_twice(mockpsp: Sandbox) -> None:
    pay(mockpsp, "100.00")
    move(mockpsp, "settlement.run", "card-flexible")
    payout = pay_out(mockpsp)

    gone = mockpsp.call("DELETE", f"/payouts/{payout}").json()

    after = [mockpsp.call("GET", f"/payouts/{payout}{rest}") for rest in ("", "/items")]
    assert gone == {"success": True}
    assert {(one.status_code, one.json()["error_type"]) for one in after} == {(404, "resource.payout.not-found")}
    assert (mockpsp.get("/payouts")["total_count"], balance(mockpsp, "assets:bank")) == (0, "96.80")
    assert mockpsp.call("POST", "/sandbox/simulate", {"what": "payout.run", "on": "card-flexible"}).status_code == 400


def test_the_journal_names_the_payout(mockpsp: Sandbox) -> None:
    pay(mockpsp, "100.00")
    move(mockpsp, "settlement.run", "card-flexible")
    payout = pay_out(mockpsp)

    last = mockpsp.get("/sandbox/ledger/journal")["journal"][-1]

    assert (last["fact"], last["on"]) == ("payout-sent", payout)


def test_a_reserve_comes_back_once_whoever_releases_it(mockpsp: Sandbox) -> None:
    facts = {"settlement_delay": "0s", "reserve": "10%", "reserve_period": "30d"}
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", **facts})
    pay(mockpsp, "100.00", "north")
    mockpsp.advance("0s")
    payout = pay_out(mockpsp, "north")
    assert balance(mockpsp, "assets:psp:north:reserve") == "10.00"

    of_payout = mockpsp.call("POST", "/sandbox/simulate", {"what": "reserve.release", "on": payout})
    move(mockpsp, "reserve.release", "north")
    again = mockpsp.call("POST", "/sandbox/simulate", {"what": "reserve.release", "on": "north"})
    steps = mockpsp.advance("60d")

    assert (of_payout.status_code, "name the gateway" in of_payout.json()["message"]) == (400, True)
    assert (again.status_code, "there is none" in again.json()["message"]) == (400, True)
    assert [(step["what"], step["result"]) for step in steps] == [("reserve.release", "moot")]
    assert balance(mockpsp, "assets:psp:north:reserve") == "0.00"
    assert balance(mockpsp, "assets:psp:north:available") == "10.00"


def test_a_schedule_that_changes_goes_for_what_is_available_already(mockpsp: Sandbox) -> None:
    north = {"like": "sandbox", "settlement_delay": "1d"}
    mockpsp.put("/sandbox/psps/north", {**north, "payout_schedule": "monthly:28"})
    body = {"name": "Branch", "enabled": True, "settings": {}}
    mockpsp.post("/gateways/north/gateway-configurations", body)
    pay(mockpsp, "70.00", "north")
    pay(mockpsp, "30.00", "branch")
    mockpsp.advance("3d")

    for schedule, days, paid in (("weekly:friday", "1d", "0.00"), ("manual", "9d", "0.00"), ("daily", "1d", "100.00")):
        mockpsp.put("/sandbox/psps/north", {**north, "payout_schedule": schedule})
        mockpsp.put("/sandbox/psps/north", {**north, "payout_schedule": schedule})
        planned = [one for one in mockpsp.get("/sandbox/agenda")["agenda"] if one["what"] == "payout.run"]
        assert len(planned) == (0 if schedule == "manual" else 2)
        mockpsp.advance(days)
        assert balance(mockpsp, "assets:bank") == paid


REFUSED = [
    ({"what": "payout.run", "on": "nobody"}, "request.gateway.not-available"),
    ({"what": "payout.run", "on": "sandbox", "with": {"currency": "XXQ"}}, "request.validation.invalid-currency"),
    ({"what": "payout.run", "on": "sandbox", "with": {"reason": "x"}}, "request.validation.error"),
    ({"what": "payout.run", "on": "sandbox", "after": "3d"}, "request.validation.error"),
    ({"what": "settlement.run", "on": "sandbox"}, "request.validation.error"),
    ({"what": "payout.fail", "on": "payt_nothing"}, "resource.payout.not-found"),
]


@pytest.mark.parametrize(("body", "error_type"), REFUSED)
def test_a_move_that_cannot_be_made_says_why(mockpsp: Sandbox, body: dict[str, Any], error_type: str) -> None:
    assert mockpsp.call("POST", "/sandbox/simulate", body).json()["error_type"] == error_type
