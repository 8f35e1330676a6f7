"""What the world does to payments: by card, by hand, by script; each at its PSP."""

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError

DISPUTED = "4000000000000069"
WON = "4000000000000200"
FAILED_EVENT = "transaction.operation.refund.failed"


def paid(mockpsp: Sandbox, number: str = "4242424242424242", amount: str = "100.00", **more: object) -> dict[str, str]:
    """Ids of a paid invoice and its transaction."""
    body = {"name": "Order", "amount": amount, "currency": "EUR", **more}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    transaction = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card(number)})["transaction"]["id"]
    return {"invoice": invoice, "transaction": transaction}


def refunded(mockpsp: Sandbox, transaction: str, **body: object) -> str:
    return str(mockpsp.post(f"/transactions/{transaction}/refunds", body)["refund"]["id"])


def transaction_of(mockpsp: Sandbox, ids: dict[str, str]) -> dict[str, object]:
    return dict(mockpsp.get(f"/transactions/{ids['transaction']}")["transaction"])


def events(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


def test_the_disputed_card_is_charged_back_at_the_next_settle_not_inside_the_request(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, DISPUTED)
    assert transaction_of(mockpsp, ids)["status"] == "completed"

    mockpsp.settle()

    assert transaction_of(mockpsp, ids)["status"] == "chargeback-initiated"
    assert mockpsp.balances()["assets:psp:sandbox:disputed"] == {"EUR": "100.00"}


def test_a_payment_refunded_in_full_before_the_dispute_is_not_disputed_and_costs_nothing(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "card-flexible", "refund_short_balance": "allow"})
    mockpsp.put("/sandbox/routing", {"default": "north"})
    ids = paid(mockpsp, DISPUTED)
    refunded(mockpsp, ids["transaction"], reason="fraud")

    mockpsp.advance("60d")

    assert transaction_of(mockpsp, ids)["chargedback"] is False
    assert "expenses:psp:north:chargeback" not in mockpsp.balances()


def test_a_dispute_comes_after_all_when_the_refund_that_averted_it_fails(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, DISPUTED)
    refund = refunded(mockpsp, ids["transaction"])
    mockpsp.settle()
    assert transaction_of(mockpsp, ids)["status"] == "refunded"

    mockpsp.simulate("refund.fail", refund)
    mockpsp.settle()

    assert transaction_of(mockpsp, ids)["status"] == "chargeback-initiated"


@pytest.mark.parametrize(("gateway", "days"), [("card-async", 21), ("wallet", 21)])
def test_what_a_card_decides_is_its_own_dispute_and_none_opened_by_hand(
    mockpsp: Sandbox, gateway: str, days: int
) -> None:
    mockpsp.put("/sandbox/routing", {"default": gateway})
    ids = paid(mockpsp, WON)
    mockpsp.advance(f"{days - 1}d")
    mockpsp.simulate("chargeback.open", ids["transaction"], reason="by hand")

    mockpsp.advance("2d")

    assert transaction_of(mockpsp, ids)["status"] == "chargeback-initiated"
    assert "transaction.chargeback.won" not in events(mockpsp)


def test_a_won_dispute_that_a_failing_refund_brings_back_is_won_all_the_same(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, WON)
    refund = refunded(mockpsp, ids["transaction"])
    mockpsp.advance("1d")
    mockpsp.simulate("refund.fail", refund)

    mockpsp.settle()

    assert transaction_of(mockpsp, ids)["status"] == "solved"
    assert events(mockpsp)[-2:] == ["transaction.chargeback.created", "transaction.chargeback.won"]


def test_a_dispute_over_a_payment_partly_refunded_is_for_the_rest(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, DISPUTED)
    refunded(mockpsp, ids["transaction"], amount="30.00")

    mockpsp.settle()

    assert mockpsp.balances()["assets:psp:sandbox:disputed"] == {"EUR": "70.00"}


@pytest.mark.parametrize(("move", "status"), [("chargeback.win", "solved"), ("chargeback.lose", "reversed")])
def test_a_dispute_ends_won_or_lost(mockpsp: Sandbox, move: str, status: str) -> None:
    ids = paid(mockpsp)
    mockpsp.simulate("chargeback.open", ids["transaction"], amount="10.00", reason="product not received")

    mockpsp.simulate(move, ids["transaction"])

    assert transaction_of(mockpsp, ids)["status"] == status
    assert mockpsp.balances()["assets:psp:sandbox:disputed"] == {"EUR": "0.00"}


@pytest.mark.parametrize(
    ("number", "status", "event"),
    [
        ("4000000000000309", "retrieval-request", "transaction.chargeback.retrieval-request"),
        ("4000000000004004", "fraud-notification", "transaction.chargeback.fraud-notification"),
        ("4000000000000200", "solved", "transaction.chargeback.won"),
    ],
)
def test_what_a_test_card_brings_after_completion(mockpsp: Sandbox, number: str, status: str, event: str) -> None:
    ids = paid(mockpsp, number)

    mockpsp.settle()

    assert transaction_of(mockpsp, ids)["status"] == status
    assert event in events(mockpsp)


def test_a_card_that_passes_only_once_declines_the_next_payment(mockpsp: Sandbox) -> None:
    token = mockpsp.token("4000000000006009")
    invoices = [
        mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"] for _ in "ab"
    ]
    answers = [mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": token}) for invoice in invoices]

    assert [answer.status_code for answer in answers] == [200, 410]
    assert answers[1].json()["error_type"] == "card.no-money"


def test_a_refund_declined_at_once_answers_410_and_leaves_a_failed_operation(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, "4000000000000077")

    answer = mockpsp.call("POST", f"/transactions/{ids['transaction']}/refunds", {})

    assert answer.status_code == 410
    shown = mockpsp.get(f"/transactions/{ids['transaction']}?expand=operations,refunds")["transaction"]
    assert shown["refunds"] == []
    assert [(o["type"], o["has_failed"]) for o in shown["operations"]][-1] == ("refund", True)


def test_a_refund_that_fails_later_can_be_made_again(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)
    mockpsp.script("refund", {"fail_after": "3d", "reason": "account_closed"})
    refunded(mockpsp, ids["transaction"])

    mockpsp.advance("3d")

    assert transaction_of(mockpsp, ids)["available_amount"] == "100"
    refunded(mockpsp, ids["transaction"])
    assert transaction_of(mockpsp, ids)["available_amount"] == "0"


def test_the_extension_event_can_be_switched_off(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox", {"refund_failed_event": "off"})
    ids = paid(mockpsp)

    mockpsp.simulate("refund.fail", refunded(mockpsp, ids["transaction"]))

    assert FAILED_EVENT not in events(mockpsp)


def test_a_chain_of_outcomes_is_worked_off_one_a_use(mockpsp: Sandbox) -> None:
    mockpsp.script("capture", ["card.no-money", "card.do-not-honor", "ok"])
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    token = mockpsp.token()

    answers = [mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": token}) for _ in range(3)]

    assert [answer.json().get("error_type") for answer in answers] == ["card.no-money", "card.do-not-honor", None]


def test_a_rule_meets_only_what_it_matches(mockpsp: Sandbox) -> None:
    mockpsp.script("refund", "gateway.declined", amount="5.00", card="4242", metadata={"vip": "no"}, times=5)
    ids = paid(mockpsp, metadata={"vip": "no"})
    path = f"/transactions/{ids['transaction']}/refunds"

    assert mockpsp.call("POST", path, {"amount": "5"}).status_code == 410
    assert mockpsp.call("POST", path, {"amount": "6"}).status_code == 200
    other = paid(mockpsp, metadata={"vip": "yes"})
    assert mockpsp.call("POST", f"/transactions/{other['transaction']}/refunds", {"amount": "5"}).status_code == 200


def test_all_payments_go_where_routing_says_unless_a_header_or_metadata_says_otherwise(mockpsp: Sandbox) -> None:
    mockpsp.put(
        "/sandbox/routing",
        {"default": "card-flexible", "rules": [{"match": {"currency": "USD"}, "gateway": "sandbox"}]},
    )
    by_default = paid(mockpsp)
    by_metadata = paid(mockpsp, metadata={"mockpsp_gateway": "all-or-nothing"})
    by_rule = paid(mockpsp, currency="USD")

    names = [transaction_of(mockpsp, ids)["gateway_name"] for ids in (by_default, by_metadata, by_rule)]

    assert names == ["card-flexible", "all-or-nothing", "sandbox"]


def test_a_universe_can_have_a_psp_of_its_own(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/worst", {"like": "sandbox", "refund_outcome": "final-then-fail", "refund_delay": "2d"})
    mockpsp.put("/sandbox/routing", {"default": "worst"})
    ids = paid(mockpsp)
    refunded(mockpsp, ids["transaction"])
    assert transaction_of(mockpsp, ids)["status"] == "refunded"

    mockpsp.advance("2d")

    assert transaction_of(mockpsp, ids)["status"] == "completed"


def test_a_psp_with_facts_that_make_no_sense_is_refused_and_not_kept(mockpsp: Sandbox) -> None:
    with pytest.raises(SandboxError, match="did you mean 'refund_outcome'"):
        mockpsp.put("/sandbox/psps/odd", {"refund_outcomes": "sync"})

    assert "odd" not in [psp["name"] for psp in mockpsp.get("/sandbox/psps")["psps"]]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("refund.fial", "did you mean 'refund.fail'"),
        ("chargeback.win", "needs an open chargeback"),
        ("authorization.expire", "nothing is held"),
        ("refund.fail", "about a refund"),
    ],
)
def test_a_move_that_cannot_run_says_why(mockpsp: Sandbox, what: str, says: str) -> None:
    ids = paid(mockpsp)

    with pytest.raises(SandboxError, match=says):
        mockpsp.simulate(what, ids["transaction"])


def test_a_hold_expires_by_itself_and_says_so(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "9", "currency": "EUR"})["invoice"]["id"]
    body = {"source": mockpsp.card()}
    mockpsp.call("POST", f"/invoices/{invoice}/authorize", body, Mockpsp_Gateway="card-flexible")

    mockpsp.advance("7d")

    assert mockpsp.get(f"/invoices/{invoice}/transactions")["transaction"]["status"] == "voided"
    assert events(mockpsp)[-1] == "transaction.voided"
    assert mockpsp.balances()["memo:customers"] == {"EUR": "0.00"}


def test_a_bank_debit_refunds_no_sooner_than_seven_days_after(mockpsp: Sandbox) -> None:
    facts = {"like": "bank-debit", "methods": ["bank_debit", "card"], "refund_short_balance": "allow"}
    mockpsp.put("/sandbox/psps/giro", facts)
    mockpsp.put("/sandbox/routing", {"default": "giro"})
    ids = paid(mockpsp)
    with pytest.raises(SandboxError, match="giro refunds not before 7d"):
        refunded(mockpsp, ids["transaction"])

    mockpsp.advance("7d")

    assert refunded(mockpsp, ids["transaction"])


def test_lines_of_the_invoice_give_the_amount_of_a_refund(mockpsp: Sandbox) -> None:
    lines = [{"name": "Cup", "amount": "4.50", "quantity": 2}, {"name": "Tea", "amount": "1.00"}]
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR", "details": lines})["invoice"]
    mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})

    body = {"invoice_detail_ids": [invoice["details"][0]["id"]]}
    refund = mockpsp.post(f"/invoices/{invoice['id']}/refunds", body)["refund"]

    assert refund["amount"] == "9"
    assert refund["invoice_detail_ids"] == body["invoice_detail_ids"]


def test_a_customer_takes_the_currency_of_the_first_payment(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]

    paid(mockpsp, customer_id=customer)

    assert mockpsp.get(f"/customers/{customer}")["customer"]["currency"] == "EUR"


@pytest.mark.parametrize("number", ["4539578763621486", "4242424242424241", "4243", "42424"])
def test_a_rule_names_a_test_card_and_keeps_nothing_of_another(mockpsp: Sandbox, number: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/rules", {"match": {"on": "refund", "card": number}, "outcome": "ok"})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("match.card: no test card")
    assert "4539578763621486" not in answer.text
    assert mockpsp.get("/sandbox/rules")["rules"] == []


@pytest.mark.parametrize(("card", "kept"), [("4242424242424242", "4242424242"), ("4242", "4242"), ("0005", "0005")])
def test_a_rule_names_a_test_card_by_its_number_or_its_end(mockpsp: Sandbox, card: str, kept: str) -> None:
    assert mockpsp.script("refund", "ok", card=card)["match"]["card"] == kept


# A refund that was made elsewhere.


def test_a_refund_made_elsewhere_is_one_like_any_other(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)

    move = mockpsp.simulate("refund.make", ids["transaction"], amount="30.00", reason="fraud")

    (refund,) = mockpsp.get(f"/transactions/{ids['transaction']}/refunds")["refunds"]
    assert (refund["id"], refund["amount"], refund["reason"]) == (move["ids"][0], "30", "fraud")
    assert transaction_of(mockpsp, ids)["refunded_amount"] == "30"
    assert mockpsp.balances()["income:refunds"] == {"EUR": "30.00"}
    assert events(mockpsp)[-1] == "transaction.refunded"


def test_without_an_amount_all_that_is_left_is_refunded_elsewhere_by_the_invoice_too(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)
    refunded(mockpsp, ids["transaction"], amount="30.00")

    mockpsp.simulate("refund.make", ids["invoice"])

    amounts = [one["amount"] for one in mockpsp.get(f"/transactions/{ids['transaction']}/refunds")["refunds"]]
    assert sorted(amounts) == ["30", "70"]


def test_a_refund_made_elsewhere_is_refused_in_the_same_words_as_one_over_the_api(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)
    for body in ({"amount": "100.01"}, {"amount": "1.001"}, {"amount": "0"}, {"amount": ""}, {"reason": "bored"}):
        asked = mockpsp.call("POST", f"/transactions/{ids['transaction']}/refunds", body)
        move = {"what": "refund.make", "on": ids["transaction"], "with": body}
        made = mockpsp.call("POST", "/sandbox/simulate", move)
        assert asked.status_code == made.status_code == 400
        assert (made.json()["error_type"], made.json()["message"]) == (
            asked.json()["error_type"],
            asked.json()["message"],
        )
    assert transaction_of(mockpsp, ids)["refunded_amount"] == "0"


def test_a_refund_made_elsewhere_may_be_declined_and_leaves_the_failed_operation(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp, "4000000000000077")

    answer = mockpsp.call("POST", "/sandbox/simulate", {"what": "refund.make", "on": ids["transaction"]})

    assert answer.status_code == 410
    operations = mockpsp.get(f"/transactions/{ids['transaction']}?expand=operations")["transaction"]["operations"]
    assert any(one["type"] == "refund" and one["has_failed"] for one in operations)
    assert mockpsp.get(f"/transactions/{ids['transaction']}/refunds")["refunds"] == []


def test_a_refund_made_elsewhere_meets_what_was_scripted_for_refunds(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)
    mockpsp.script("refund", {"fail_after": "2d", "reason": "account_closed"})

    mockpsp.simulate("refund.make", ids["transaction"])
    mockpsp.advance("2d")

    assert transaction_of(mockpsp, ids)["refunded_amount"] == "0"


def test_a_refund_made_elsewhere_later_waits_on_the_agenda_and_is_moot_where_nothing_is_left(mockpsp: Sandbox) -> None:
    ids = paid(mockpsp)
    mockpsp.simulate("refund.make", ids["transaction"], after="2d", amount="60.00", reason="duplicate")
    (planned,) = [one for one in mockpsp.get("/sandbox/agenda")["agenda"] if one["what"] == "refund.make"]
    assert planned["id"] == ids["transaction"]
    mockpsp.advance("2d")
    assert transaction_of(mockpsp, ids)["refunded_amount"] == "60"

    mockpsp.simulate("refund.make", ids["transaction"], after="1d", amount="60.00")

    (moot,) = [step for step in mockpsp.advance("1d") if step["what"] == "refund.make"]
    assert moot["result"] == "moot" and "exceeds the 40.00 EUR still refundable" in moot["why"]
    assert [one["reason"] for one in mockpsp.get(f"/transactions/{ids['transaction']}/refunds")["refunds"]] == [
        "duplicate"
    ]
