"""Every code of the catalog can be brought about by a scripted rule, on each operation a rule is for."""

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.sandbox_client import Sandbox

CODES = load_catalog().declines


def invoice(mockpsp: Sandbox) -> str:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR"}
    return f"/invoices/{mockpsp.post('/invoices', body)['invoice']['id']}"


def begin(mockpsp: Sandbox, on: str) -> str:
    """A payment that the operation can be tried on again and again; the path of its transaction or invoice."""
    path = invoice(mockpsp)
    if on in ("capture", "void"):
        mockpsp.post(f"{path}/authorize", {"source": mockpsp.card()})
    if on == "refund":
        mockpsp.post(f"{path}/capture", {"source": mockpsp.card()})
    return path


@pytest.mark.parametrize("on", ["authorize", "capture", "void", "refund", "payout"])
def test_each_code_declines_an_operation_and_stands_on_it(mockpsp: Sandbox, on: str) -> None:
    action = "refunds" if on == "refund" else on
    codes = list(CODES)
    for chain in (codes[:100], codes[100:]):
        mockpsp.script(on, chain)

    paths, answers = [begin(mockpsp, on)], []
    for code in codes:
        body = {"source": mockpsp.card()} if on in ("authorize", "payout") else {}
        answers.append(mockpsp.call("POST", f"{paths[-1]}/{action}", body))
        if code == "card.failed-3ds":  # the one decline after which an invoice takes no other attempt
            paths.append(begin(mockpsp, on))

    bodies = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {410}
    assert [body["error_type"] for body in bodies] == codes
    assert [body["message"] for body in bodies] == [CODES[code].message for code in codes]
    failed = [step for path in paths for step in failures(mockpsp, path)]
    assert failed == [(code, CODES[code].message) for code in codes]


def failures(mockpsp: Sandbox, path: str) -> list[tuple[str, str]]:
    transaction = mockpsp.get(path)["invoice"]["transaction_id"]
    steps = mockpsp.get(f"/transactions/{transaction}?expand=operations")["transaction"]["operations"]
    return [(step["error_code"], step["error_message"]) for step in steps if step["has_failed"]]


def test_a_failed_payment_shows_its_code(mockpsp: Sandbox) -> None:
    path = invoice(mockpsp)
    mockpsp.script("authorize", "card.issuer-down")
    mockpsp.call("POST", f"{path}/authorize", {"source": mockpsp.card()})

    shown = mockpsp.get(f"{path}/transactions")["transaction"]

    assert (shown["status"], shown["error_code"]) == ("failed", "card.issuer-down")
    assert shown["error_message"] == "The payment failed: card, issuer down."


def test_there_are_158_codes_nine_of_them_hard() -> None:
    assert (len(CODES), sum(code.is_hard for code in CODES.values())) == (158, 9)
    assert all(code.message for code in CODES.values())
