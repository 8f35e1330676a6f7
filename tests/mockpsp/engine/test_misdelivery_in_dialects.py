"""Webhooks that misbehave in the dialects of PSPs: a receiver still counts their attempts as those of one message."""

from collections.abc import Iterator

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.webhooks import dialect_bodies, dialects
from tests.mockpsp.worlds import serving

CAPTURED = "transaction.captured"
FORMS = [(scheme, form) for scheme in dialects.SCHEMES for form in ("thin", "dialect")]


def has(scheme: str, form: str) -> bool:
    is_inside = dialects.DIALECTS[dialects.named(scheme)].implies_body
    return dialect_bodies.has_own(dialects.named(scheme)) if form == "dialect" else not is_inside


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(db=":memory:", clock="manual")) as (found, _):
        yield found


def pay(sandbox: Sandbox) -> None:
    invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})


@pytest.mark.parametrize("word", ["alter", "reserialize", "unknown_event", "unsigned", "wrong_secret"])
@pytest.mark.parametrize(("scheme", "form"), [one for one in FORMS if has(*one)])
def test_a_forged_attempt_and_a_genuine_one_are_of_one_message(url: str, scheme: str, form: str, word: str) -> None:
    with Sandbox(url, "test-proj_dialects", "key_test_a") as sandbox:
        sandbox.reset()
        inbox = sandbox.webhooks((503, 200), [CAPTURED], scheme=scheme, body=form)
        sandbox.deliver(word)
        pay(sandbox)
        sandbox.advance("1h")

    assert [one.answered for one in inbox.received()] == [503, 200]
    assert len({one.webhook_id for one in inbox.received()}) == 1


def test_what_both_secrets_sign_is_still_one_message(url: str) -> None:
    with Sandbox(url, "test-proj_dialects", "key_test_a") as sandbox:
        sandbox.reset()
        inbox = sandbox.webhooks((503, 200), [CAPTURED], scheme="braintree")
        endpoint = sandbox.get("/sandbox/webhook-endpoints")["webhook_endpoints"][0]["id"]
        pay(sandbox)
        sandbox.settle()
        sandbox.post(f"/sandbox/webhook-endpoints/{endpoint}/rotate", {"secret": "public|private"})
        sandbox.advance("1h")

    assert [one.answered for one in inbox.received()] == [503, 200]


@pytest.mark.parametrize("scheme", [scheme for scheme, form in FORMS if form == "dialect" and has(scheme, form)])
def test_events_about_no_payment_name_what_they_are_about(url: str, scheme: str) -> None:
    with Sandbox(url, "test-proj_dialects", "key_test_a") as sandbox:
        sandbox.reset()
        topics = ["customer.created", "customer.token.created", "product.created"]
        inbox = sandbox.webhooks(topics=topics, scheme=scheme, body="dialect")
        customer = sandbox.post("/customers")["customer"]["id"]
        token = sandbox.token(customer_id=customer)
        product = sandbox.post("/products", {"name": "A", "amount": "1.00", "currency": "EUR"})["product"]["id"]
        sandbox.settle()

    bodies = [dialects.read(dialects.named(scheme), one.headers, one.body).body.decode() for one in inbox.received()]
    assert [about in body for about, body in zip((customer, token, product), bodies, strict=True)] == [True] * 3
