"""What payment actions take beside money, over HTTP: kept on their operations, refused where a PSP can't do it."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

V = "request.validation."
UNSUPPORTED = "request.gateway.operation-not-supported"
BLOCKED_CARD = "5337480000007168"
SPLIT = {"provider_recipient_reference": "acct_1", "type": "FEE", "amount": "1", "currency": "EUR"}


def invoice(mockpsp: Sandbox, **more: object) -> str:
    body = {"name": "A", "amount": "100", "currency": "EUR", **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def pay(mockpsp: Sandbox, what: str, invoice_id: str, **body: object) -> dict[str, Any]:
    return dict(mockpsp.post(f"/invoices/{invoice_id}/{what}", body)["transaction"])


def held(mockpsp: Sandbox, invoice_id: str, **body: object) -> dict[str, Any]:
    return pay(mockpsp, "authorize", invoice_id, source=mockpsp.card(), **body)


def of_type(transaction: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [operation for operation in transaction["operations"] if operation["type"] == kind]


def digest(mockpsp: Sandbox) -> str:
    return str(mockpsp.get("/sandbox/digest")["digest"])


def token(mockpsp: Sandbox, number: str) -> str:
    customer = mockpsp.post("/customers", {})["customer"]["id"]
    return str(mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card(number)})["token"]["id"])


def test_metadata_stands_on_the_operations_of_its_own_action(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp, metadata={"of": "invoice"})
    held(mockpsp, paid, metadata={"step": "1"}, incremental=True)
    pay(mockpsp, "increment_authorization", paid, amount=5, metadata={"step": "2"})
    pay(mockpsp, "void", paid, amount="1", metadata={"step": "3"})
    shown = pay(mockpsp, "capture", paid, metadata={"step": "4"})

    steps = {operation["type"]: operation["metadata"] for operation in shown["operations"]}
    assert {kind: metadata["step"] for kind, metadata in steps.items()} == {
        "request": "1",
        "authorization": "1",
        "increment_authorization": "2",
        "void": "3",
        "capture": "4",
    }
    assert steps["capture"]["is_sale"] == "false"
    assert shown["metadata"] == {"of": "invoice"}
    assert (shown["amount"], shown["captured_amount"], shown["voided_amount"]) == ("105", "104", "1")


def test_a_capture_names_lines_and_takes_their_worth(mockpsp: Sandbox) -> None:
    lines = [
        {"name": "A", "amount": "10", "quantity": 2, "discount_amount": "1"},
        {"name": "B", "amount": "5"},
    ]
    made = mockpsp.post("/invoices", {"name": "A", "amount": "100", "currency": "EUR", "details": lines})["invoice"]
    ids = [line["id"] for line in made["details"]]
    held(mockpsp, made["id"])

    shown = pay(mockpsp, "capture", made["id"], invoice_detail_ids=[ids[0]], capture_type="non-final")

    capture = of_type(shown, "capture")[-1]
    assert (shown["captured_amount"], capture["capture_type"]) == ("19", "non-final")
    assert capture["invoice_detail_ids"] == [ids[0]]
    both = pay(mockpsp, "capture", made["id"], invoice_detail_ids=[ids[1]], capture_amount="3", capture_type="final")
    assert (both["captured_amount"], both["voided_amount"]) == ("22", "78")
    assert of_type(both, "capture")[-1]["capture_type"] == "final"


def test_descriptor_scheme_ids_and_schemes_are_noted(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp)

    shown = pay(
        mockpsp,
        "capture",
        paid,
        source=mockpsp.card(),
        capture_statement_descriptor="ACME*1",
        initial_scheme_transaction_id="123",
        preferred_scheme="visa",
        transaction_link_id="L1",
        synchronous="True",
        retry_drop_liability_shift=False,
    )

    capture = of_type(shown, "capture")[-1]
    assert capture["capture_statement_descriptor"] == "ACME*1"
    assert (capture["preferred_scheme"], capture["transaction_link_id"]) == ("visa", "L1")
    assert capture["initial_scheme_transaction_id"] == shown["initial_scheme_transaction_id"] == "123"
    assert mockpsp.get(f"/transactions/{shown['id']}")["transaction"]["initial_scheme_transaction_id"] == "123"


def test_splits_come_from_the_invoice_and_are_replaced_on_capture_and_refund(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp, split_allocations=[{**SPLIT, "amount": "100.00"}])
    authorized = held(mockpsp, paid)
    shown = pay(mockpsp, "capture", paid, split_allocations=[{**SPLIT, "amount": "60.00"}])
    refund = mockpsp.post(f"/invoices/{paid}/refunds", {"amount": "5", "split_allocations": [SPLIT]})["refund"]
    plain = mockpsp.post(f"/invoices/{paid}/refunds", {"amount": "5"})["refund"]

    assert of_type(authorized, "authorization")[-1]["split_allocations"][0]["amount"] == "100"
    assert of_type(shown, "capture")[-1]["split_allocations"][0]["amount"] == "60"
    assert [split["amount"] for split in refund["split_allocations"]] == ["1"]
    assert plain["split_allocations"] == []
    assert mockpsp.get(f"/invoices/{paid}")["invoice"]["split_allocations"][0]["amount"] == "100"


def test_a_psp_that_cannot_split_refuses_unless_that_is_waived(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp, currency="INR", metadata={"mockpsp_gateway": "all-or-nothing"})
    split = {**SPLIT, "currency": "INR"}
    before = digest(mockpsp)
    card = mockpsp.card()
    before = digest(mockpsp)

    refused = mockpsp.call("POST", f"/invoices/{paid}/capture", {"source": card, "split_allocations": [split]})
    after = digest(mockpsp)
    shown = pay(
        mockpsp,
        "capture",
        paid,
        source=card,
        split_allocations=[split],
        unsupported_feature_bypass={"split_payments": True},
    )

    assert (refused.status_code, refused.json()["error_type"]) == (400, UNSUPPORTED)
    assert "split_payments" in refused.json()["message"]
    assert after == before
    assert shown["status"] == "completed"
    assert "split_allocations" not in of_type(shown, "capture")[-1]


def test_an_increment_that_no_psp_can_make_is_refused_at_the_authorization_unless_waived(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/plain", {"like": "sandbox", "incremental_authorization": False})
    first = invoice(mockpsp, incremental=True, metadata={"mockpsp_gateway": "plain"})
    card = mockpsp.card()
    before = digest(mockpsp)

    refused = mockpsp.call("POST", f"/invoices/{first}/authorize", {"source": card})
    after = digest(mockpsp)
    bypass = {"incremental_authorization": "True"}
    shown = pay(mockpsp, "authorize", first, source=card, unsupported_feature_bypass=bypass)

    assert (refused.status_code, refused.json()["error_type"], after) == (400, UNSUPPORTED, before)
    assert shown["status"] == "authorized"
    raised = mockpsp.call("POST", f"/invoices/{first}/increment_authorization", {"amount": "5"})
    assert (raised.status_code, raised.json()["error_type"]) == (400, UNSUPPORTED)


def test_the_invoice_alone_may_allow_increments(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp, incremental=True)
    held(mockpsp, paid)

    shown = pay(mockpsp, "increment_authorization", paid, amount=5.5)

    assert (shown["amount"], shown["authorized_amount"], shown["incremented_amount"]) == ("105.5", "105.5", "5.5")


def test_a_psp_without_holds_sells_where_that_is_allowed(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/no-holds", {"like": "sandbox", "authorize": False})
    paid = invoice(mockpsp, metadata={"mockpsp_gateway": "no-holds"})
    card = mockpsp.card()

    refused = mockpsp.call("POST", f"/invoices/{paid}/authorize", {"source": card})
    shown = pay(mockpsp, "authorize", paid, source=card, allow_fallback_to_sale=True)

    assert (refused.status_code, refused.json()["error_type"]) == (400, UNSUPPORTED)
    assert (shown["status"], shown["captured_amount"]) == ("completed", "100")
    elsewhere = held(mockpsp, invoice(mockpsp), allow_fallback_to_sale=True)
    assert elsewhere["status"] == "authorized"


def test_a_scheme_that_advised_against_it_blocks_the_same_try_for_thirty_days(mockpsp: Sandbox) -> None:
    source = token(mockpsp, BLOCKED_CARD)

    def tries(amount: str = "10", **body: object) -> str:
        made = invoice(mockpsp, amount=amount)
        answer = mockpsp.call("POST", f"/invoices/{made}/capture", {"source": source, **body})
        assert answer.status_code == 410
        return str(answer.json()["error_type"])

    first = tries()
    assert first != "request.transaction-blocked"
    assert tries() == "request.transaction-blocked"
    assert tries(amount="11") == first
    assert tries(override_mac_blocking=True) == first
    mockpsp.advance("29d")
    assert tries() == "request.transaction-blocked"
    mockpsp.advance("2d")
    assert tries() == first


def test_another_card_is_not_blocked(mockpsp: Sandbox) -> None:
    declined = token(mockpsp, BLOCKED_CARD)
    mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", {"source": declined})

    shown = pay(mockpsp, "capture", invoice(mockpsp), source=token(mockpsp, "5555555555554444"))

    assert shown["status"] == "completed"


def test_billing_fills_a_card_without_an_address(mockpsp: Sandbox) -> None:
    bare = mockpsp.card()
    body = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "contact": {"city": "Rome"}}
    settled = mockpsp.post("/cards", body)["card"]["id"]
    billing = {"address1": "1 Main St", "country_code": "NO"}

    for card in (bare, settled):
        pay(mockpsp, "capture", invoice(mockpsp, billing=billing), source=card)

    filled, kept = (mockpsp.get(f"/cards/{card}")["card"] for card in (bare, settled))
    assert (filled["address1"], filled["billing_country_code"]) == ("1 Main St", "NO")
    assert (kept["address1"], kept["city"]) == (None, "Rome")


def test_the_device_told_with_the_payment_is_the_invoices_if_it_has_none(mockpsp: Sandbox) -> None:
    bare, told = invoice(mockpsp), invoice(mockpsp, device={"channel": "ios"})

    for made in (bare, told):
        held(mockpsp, made, device={"channel": "web", "id": None})

    assert mockpsp.get(f"/invoices/{bare}")["invoice"]["device"]["channel"] == "web"
    assert mockpsp.get(f"/invoices/{told}")["invoice"]["device"]["channel"] == "ios"


@pytest.mark.parametrize(
    ("action", "change", "path", "code"),
    [
        ("authorize", {"metadata": {"a": 1}}, "metadata", "invalid-metadata"),
        ("authorize", {"device": {"channel": "fax"}}, "device.channel", "invalid-device-channel"),
        ("authorize", {"capture_amount": "x"}, "amount", "invalid-amount"),
        ("authorize", {"auto_capture_at": "soon"}, "auto_capture_at", "invalid-date"),
        ("authorize", {"allow_fallback_to_sale": "perhaps"}, "allow_fallback_to_sale", "error"),
        ("authorize", {"invoice_line_items": "x"}, "invoice_line_items", "error"),
        ("capture", {"capture_type": "last"}, "capture_type", "error"),
        ("capture", {"capture_amount": "100.01"}, "capture_amount", "invalid-amount"),
        ("capture", {"capture_statement_descriptor": "x" * 26}, "capture_statement_descriptor", "invalid-description"),
        ("capture", {"invoice_detail_ids": ["iv_det_x"]}, "invoice_detail_ids", "error"),
        ("capture", {"split_allocations": [{**SPLIT, "amount": "101"}]}, "split_allocations.amount", "invalid-amount"),
        (
            "capture",
            {"split_allocations": [{**SPLIT, "currency": None}]},
            "split_allocations.0.currency",
            "missing-currency",
        ),
        ("capture", {"synchronous": {}}, "synchronous", "error"),
        ("capture", {"override_mac_blocking": "no idea"}, "override_mac_blocking", "error"),
    ],
)
def test_a_bad_key_is_refused_and_changes_nothing(
    mockpsp: Sandbox, action: str, change: dict[str, Any], path: str, code: str
) -> None:
    made, card = invoice(mockpsp), mockpsp.card()
    before = digest(mockpsp)

    answer = mockpsp.call("POST", f"/invoices/{made}/{action}", {"source": card, **change})

    assert (answer.status_code, answer.json()["error_type"]) == (400, V + code), answer.text
    assert answer.json()["invalid_fields"][0]["name"] == path
    assert digest(mockpsp) == before


def test_partial_voids_keep_the_hold_before_a_capture_and_the_completion_after_one(mockpsp: Sandbox) -> None:
    paid = invoice(mockpsp)
    held(mockpsp, paid)

    before = pay(mockpsp, "void", paid, amount="10")
    captured = pay(mockpsp, "capture", paid, capture_amount="50", capture_type="non-final")
    after = pay(mockpsp, "void", paid, amount="15")
    rest = pay(mockpsp, "capture", paid)

    assert [t["status"] for t in (before, captured, after, rest)] == [
        "authorized",
        "completed",
        "completed",
        "completed",
    ]
    assert (rest["captured_amount"], rest["voided_amount"], rest["authorized_amount"]) == ("75", "25", "100")
    whole = invoice(mockpsp)
    held(mockpsp, whole)
    assert pay(mockpsp, "void", whole, amount="40")["status"] == "authorized"
    assert pay(mockpsp, "void", whole, amount="60")["status"] == "voided"


def test_a_saved_source_pays_again_as_the_customers_token(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers", {})["customer"]["id"]
    card = mockpsp.card()
    pay(mockpsp, "capture", invoice(mockpsp, customer_id=customer), source=card, save_source="True")

    (saved,) = mockpsp.get(f"/customers/{customer}/tokens")["tokens"]
    again = pay(mockpsp, "capture", invoice(mockpsp, customer_id=customer), source=saved["id"], save_source=True)

    assert (saved["card_id"], saved["is_chargeable"], saved["is_default"]) == (card, True, True)
    assert mockpsp.get(f"/cards/{card}")["card"]["token_id"] == saved["id"]
    assert (again["status"], again["token_id"]) == ("completed", saved["id"])
    assert len(mockpsp.get(f"/customers/{customer}/tokens")["tokens"]) == 1
    names = [event["name"] for event in mockpsp.get("/events?limit=100")["events"]]
    assert names.count("customer.token.created") == 1


def test_a_source_is_not_saved_without_a_customer_or_after_a_decline(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers", {})["customer"]["id"]
    pay(mockpsp, "capture", invoice(mockpsp), source=mockpsp.card(), save_source=True)
    body = {"source": mockpsp.card("4000000000002206"), "save_source": True}

    declined = mockpsp.call("POST", f"/invoices/{invoice(mockpsp, customer_id=customer)}/capture", body)

    assert declined.status_code == 410
    assert mockpsp.get(f"/customers/{customer}/tokens")["tokens"] == []
    assert "customer.token.created" not in [event["name"] for event in mockpsp.get("/events")["events"]]
