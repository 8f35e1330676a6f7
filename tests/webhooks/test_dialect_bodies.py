"""What a dialect's own bodies say of a payment, and of anything else."""

import json

import pytest

from mockpsp.webhooks import dialect_bodies
from mockpsp.webhooks.dialect_bodies import Facts, Told

PAYMENT = Facts("tr_1", "iv_1", 1_000, "10.00", "EUR", "proj_1")
CUSTOMER = Facts(merchant="proj_1", other="cust_1")


def details(event: str, about: Facts) -> dict[str, object]:
    """What Worldpay's body says of an event."""
    return dict(json.loads(dialect_bodies.write("worldpay", Told("ev_1", event, 0, about.text())))["eventDetails"])


@pytest.mark.parametrize(
    ("event", "classification"),
    [("transaction.captured", "payment"), ("transaction.chargeback.created", "chargeback")],
)
def test_worldpays_body_names_the_payment_and_its_class(event: str, classification: str) -> None:
    assert details(event, PAYMENT) == {
        "downstreamReference": "tr_1",
        "transactionReference": "iv_1",
        "type": event,
        "classification": classification,
        "amount": {"value": 1_000, "currencyCode": "EUR"},
    }


def test_worldpays_body_of_no_payment_has_no_amount() -> None:
    assert details("customer.created", CUSTOMER) == {
        "downstreamReference": "cust_1",
        "transactionReference": "",
        "type": "customer.created",
    }


@pytest.mark.parametrize(
    ("event", "about", "code", "reference", "original"),
    [
        ("transaction.authorized", PAYMENT, "AUTHORISATION", "tr_1", None),
        ("transaction.captured", PAYMENT, "CAPTURE", "ev_1", "tr_1"),
        ("transaction.chargeback.lost", PAYMENT, "SECOND_CHARGEBACK", "ev_1", "tr_1"),
        ("customer.token.created", Facts(other="tok_1"), "RECURRING_CONTRACT", "tok_1", None),
        ("customer.token.deleted", Facts(other="tok_1"), "customer.token.deleted", "ev_1", "tok_1"),
        ("customer.created", CUSTOMER, "customer.created", "ev_1", "cust_1"),
    ],
)
def test_adyens_item_refers_to_what_it_is_about(
    event: str, about: Facts, code: str, reference: str, original: str | None
) -> None:
    (one,) = json.loads(dialect_bodies.write("adyen", Told("ev_1", event, 0, about.text())))["notificationItems"]
    item = one["NotificationRequestItem"]

    assert (item["eventCode"], item["pspReference"], item.get("originalReference")) == (code, reference, original)
