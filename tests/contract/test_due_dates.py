"""Captures that make themselves at a moment, and invoices that expire."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import invoice

#: A universe starts at 2026-01-01T00:00:00Z.
TOMORROW, NEXT_WEEK, YESTERDAY = "2026-01-02T00:00:00Z", "2026-01-08T00:00:00Z", "2025-12-31T00:00:00Z"


def authorized(mockpsp: Sandbox, invoice_id: str, **body: object) -> str:
    answer = mockpsp.post(f"/invoices/{invoice_id}/authorize", {"source": mockpsp.card(), **body})
    return str(answer["transaction"]["id"])


def status(mockpsp: Sandbox, transaction_id: str) -> str:
    return str(mockpsp.get(f"/transactions/{transaction_id}")["transaction"]["status"])


def test_a_hold_is_captured_at_the_moment_the_authorization_named(mockpsp: Sandbox) -> None:
    transaction_id = authorized(mockpsp, invoice(mockpsp), auto_capture_at=TOMORROW)

    mockpsp.advance("23h")
    assert status(mockpsp, transaction_id) == "authorized"
    ran = mockpsp.advance("1h")

    assert {"at": TOMORROW, "what": "capture.automatic", "result": "done"}.items() <= ran[0].items()
    assert status(mockpsp, transaction_id) == "completed"


def test_the_invoices_own_moment_wins(mockpsp: Sandbox) -> None:
    transaction_id = authorized(mockpsp, invoice(mockpsp, auto_capture_at=NEXT_WEEK), auto_capture_at=TOMORROW)

    mockpsp.advance("6d")
    assert status(mockpsp, transaction_id) == "authorized"
    mockpsp.advance("1d")

    assert status(mockpsp, transaction_id) == "completed"


def test_a_capture_that_only_authorizes_takes_the_moment_too(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(), "authorize_only": True, "auto_capture_at": TOMORROW}
    mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", body)

    assert [one["what"] for one in mockpsp.get("/sandbox/agenda")["agenda"]] == ["capture.automatic"]


def test_an_offset_is_dropped_not_converted(mockpsp: Sandbox) -> None:
    shown = mockpsp.post(
        "/invoices",
        {"name": "Order", "amount": "1", "currency": "EUR", "auto_capture_at": "2026-01-02T09:00:00+02:00"},
    )["invoice"]

    assert shown["auto_capture_at"] == "2026-01-02T09:00:00.000Z"


def test_a_moment_that_passed_before_the_authorization_captures_at_once(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, auto_capture_at=TOMORROW)
    mockpsp.advance("3d")
    transaction_id = authorized(mockpsp, invoice_id)

    mockpsp.settle()

    assert status(mockpsp, transaction_id) == "completed"


def test_a_hold_voided_meanwhile_is_not_captured(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, auto_capture_at=TOMORROW)
    transaction_id = authorized(mockpsp, invoice_id)
    mockpsp.post(f"/invoices/{invoice_id}/void")

    ran = mockpsp.advance("2d")

    assert [(one["what"], one["result"]) for one in ran] == [("capture.automatic", "moot")]
    assert status(mockpsp, transaction_id) == "voided"


def test_an_automatic_capture_may_be_scripted_to_fail(mockpsp: Sandbox) -> None:
    transaction_id = authorized(mockpsp, invoice(mockpsp, auto_capture_at=TOMORROW))
    mockpsp.script("capture", "card.expired")

    mockpsp.advance("1d")

    found = mockpsp.get(f"/transactions/{transaction_id}")["transaction"]
    assert (found["captured"], found["error_code"]) == (False, "card.expired")


@pytest.mark.parametrize("name", ["auto_capture_at", "expires_at"])
@pytest.mark.parametrize("moment", [YESTERDAY, "2026-01-01T00:00:00Z", "tomorrow", "2026-13-01T00:00:00Z", True])
def test_a_moment_that_has_passed_or_is_none_is_refused(mockpsp: Sandbox, name: str, moment: object) -> None:
    body = {"name": "Order", "amount": "1", "currency": "EUR", name: moment}

    answer = mockpsp.call("POST", "/invoices", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.invalid-date")


def test_an_authorizations_moment_that_has_passed_is_refused(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(), "auto_capture_at": YESTERDAY}

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/authorize", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.invalid-date")


@pytest.mark.parametrize("action", ["capture", "authorize", "payout"])
def test_an_expired_invoice_cannot_be_paid_and_its_transaction_waits_on(mockpsp: Sandbox, action: str) -> None:
    invoice_id = invoice(mockpsp, expires_at=TOMORROW)
    mockpsp.advance("1d")

    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/{action}", {"source": mockpsp.card()})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.error")
    assert "expired at 2026-01-02T00:00:00.000Z" in answer.json()["message"]
    assert mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["status"] == "waiting"


def test_what_was_authorized_in_time_is_captured_after_the_expiry(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp, expires_at=TOMORROW)
    transaction_id = authorized(mockpsp, invoice_id)
    mockpsp.advance("2d")

    mockpsp.post(f"/invoices/{invoice_id}/capture")

    assert status(mockpsp, transaction_id) == "completed"
