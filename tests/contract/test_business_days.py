"""Business days over HTTP: time moved by them, moves and outcomes put off by them, payouts that are on their way."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

THURSDAY = "2026-04-02T10:00:00Z"
BERLIN: dict[str, Any] = {
    "like": "sandbox",
    "calendar": "target2",
    "time_zone": "Europe/Berlin",
    "payout_schedule": "manual",
    "payout_transit": "1bd",
}


@pytest.fixture
def easter(mockpsp: Sandbox) -> Sandbox:
    """Thursday before Easter 2026, with a PSP in Berlin."""
    mockpsp.advance(to=THURSDAY)
    mockpsp.put("/sandbox/psps/berlin", BERLIN)
    return mockpsp


def pay(mockpsp: Sandbox, gateway: str = "berlin") -> str:
    body = {"name": "Lamp", "amount": "100.00", "currency": "EUR", "metadata": {"mockpsp_gateway": gateway}}
    invoice = mockpsp.post("/invoices", body)["invoice"]
    paid = mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})
    return str(paid["transaction"]["id"])


def now(mockpsp: Sandbox) -> str:
    return str(mockpsp.get("/sandbox/clock")["clock"]["now"])


@pytest.mark.parametrize(
    ("body", "then"),
    [
        ({"by": "2bd"}, "2026-04-08T10:00:00Z"),
        ({"by": "2bd", "calendar": "target2"}, "2026-04-08T10:00:00Z"),
        ({"by": "2bd", "calendar": "us-fed"}, "2026-04-06T10:00:00Z"),
        ({"by": "2bd", "calendar": "br"}, "2026-04-07T10:00:00Z"),
        ({"by": "2bd", "calendar": "none"}, "2026-04-06T10:00:00Z"),
        ({"by": "0bd"}, THURSDAY),
        ({"until": {"event": "transaction.captured"}, "max": "1bd"}, "2026-04-07T10:00:00Z"),
    ],
)
def test_time_moves_by_business_days(easter: Sandbox, body: dict[str, Any], then: str) -> None:
    easter.post("/sandbox/clock/advance", body)

    assert now(easter) == then


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"by": "2d", "calendar": "us-fed"}, "calendar goes with business days, as in by: 2bd; 2d counts none"),
        ({"to": "2026-05-01T00:00:00Z", "calendar": "br"}, "calendar goes with business days"),
        ({"by": "2bd", "calendar": "uk"}, "target2, us-fed, br, none"),
        ({"by": "2bd3h"}, "business days stand alone"),
    ],
)
def test_what_counts_no_business_days_is_refused(easter: Sandbox, body: dict[str, Any], message: str) -> None:
    response = easter.call("POST", "/sandbox/clock/advance", body)

    assert response.status_code == 400
    assert message in response.json()["message"]
    assert now(easter) == THURSDAY


def test_a_move_is_put_off_by_the_days_of_the_payments_psp(easter: Sandbox) -> None:
    easter.put("/sandbox/psps/york", {"like": "sandbox", "calendar": "us-fed", "time_zone": "America/New_York"})

    moves = [easter.simulate("chargeback.open", pay(easter, psp), after="2bd") for psp in ("berlin", "york")]

    # Berlin's clocks are two hours ahead of UTC all along, New York's four behind.
    assert [move["due_at"] for move in moves] == ["2026-04-08T10:00:00Z", "2026-04-06T10:00:00Z"]


def test_a_refund_fails_after_business_days(easter: Sandbox) -> None:
    transaction = pay(easter)
    easter.script("refund", {"fail_after": "1bd", "reason": "technical"})
    easter.post(f"/transactions/{transaction}/refunds", {"amount": "10.00"})

    ran = easter.advance(until={"event": "transaction.operation.refund.failed"}, max="10d")

    assert [step["what"] for step in ran if step["kind"] == "effect"][-1] == "refund.fail"
    assert now(easter) == "2026-04-07T10:00:00Z"


def test_a_payout_is_on_its_way_until_banks_are_open(easter: Sandbox) -> None:
    pay(easter)
    easter.simulate("settlement.run", "berlin")
    (payout,) = easter.simulate("payout.run", "berlin")["ids"]
    sent = easter.get(f"/payouts/{payout}")["payout"]
    (due,) = [item for item in easter.get("/sandbox/agenda")["agenda"] if item["what"] == "payout.arrive"]
    assert (sent["status"], sent["settled_at"]) == ("in-flight", None)
    assert (due["at"], due["id"]) == ("2026-04-06T22:00:00Z", payout)
    assert easter.balances()["assets:transit:berlin"] == {"EUR": "100.00"}

    easter.advance(by="1bd")

    arrived = easter.get(f"/payouts/{payout}")["payout"]
    assert (arrived["status"], arrived["settled_at"]) == ("received", "2026-04-06T22:00:00.000Z")
    assert easter.balances()["assets:bank"] == {"EUR": "100.00"}
    assert easter.balances()["assets:transit:berlin"] == {"EUR": "0.00"}


def test_a_payout_arrives_once(easter: Sandbox) -> None:
    pay(easter)
    easter.simulate("settlement.run", "berlin")
    (payout,) = easter.simulate("payout.run", "berlin")["ids"]
    easter.simulate("payout.arrive", payout)

    again = easter.call("POST", "/sandbox/simulate", {"what": "payout.arrive", "on": payout})
    ran = easter.advance(by="2bd")

    assert "payout.arrive needs a payout that is in-flight; this one is received" in again.json()["message"]
    assert [step["result"] for step in ran if step["what"] == "payout.arrive"] == ["moot"]
    assert easter.balances()["assets:bank"] == {"EUR": "100.00"}


@pytest.mark.parametrize("arrives", [False, True])
def test_a_payout_is_sent_back_on_its_way_or_from_the_bank(easter: Sandbox, arrives: bool) -> None:
    pay(easter)
    easter.simulate("settlement.run", "berlin")
    (payout,) = easter.simulate("payout.run", "berlin")["ids"]
    if arrives:
        easter.advance(by="1bd")

    easter.simulate("payout.fail", payout, reason="account_closed")
    easter.advance(by="2bd")

    balances = easter.balances()
    assert easter.get(f"/payouts/{payout}")["payout"]["status"] == "failed"
    assert balances["assets:psp:berlin:available"] == {"EUR": "100.00"}
    assert balances["assets:transit:berlin"] == {"EUR": "0.00"}
    assert balances.get("assets:bank", {"EUR": "0.00"}) == {"EUR": "0.00"}


def test_a_payout_that_is_shown_no_more_arrives_all_the_same(easter: Sandbox) -> None:
    pay(easter)
    easter.simulate("settlement.run", "berlin")
    (payout,) = easter.simulate("payout.run", "berlin")["ids"]
    easter.call("DELETE", f"/payouts/{payout}").raise_for_status()

    easter.advance(by="1bd")

    assert easter.balances()["assets:bank"] == {"EUR": "100.00"}


@pytest.mark.parametrize(
    ("fact", "value", "message"),
    [
        ("calendar", "uk", "known: target2, us-fed, br, none"),
        ("time_zone", "Europe/Berlim", "is no time zone such as UTC, Europe/Berlin"),
        ("settlement_cut_off", "17:00 Berlin", "is no time zone such as UTC, Europe/Berlin"),
        ("payout_schedule", "monthly:32", "the last day of months that have fewer"),
        ("refund_window", "90bd", "is counted in calendar days"),
        ("settlement_delay", "2bd1h", "business days stand alone"),
    ],
)
def test_a_profile_that_names_no_day_is_refused(mockpsp: Sandbox, fact: str, value: str, message: str) -> None:
    response = mockpsp.call("PUT", "/sandbox/psps/berlin", {**BERLIN, fact: value})

    assert response.status_code == 400
    assert message in response.json()["message"]


def test_a_profile_shows_days_and_zone(mockpsp: Sandbox) -> None:
    mockpsp.put(
        "/sandbox/psps/north", {"like": "sandbox", "settlement_delay": "2bd", "settlement_cut_off": "17:00 UTC"}
    )
    shown = {psp["name"]: psp for psp in mockpsp.get("/sandbox/psps")["psps"]}

    money = {
        name: (shown[name]["money"]["calendar"], shown[name]["money"]["time_zone"]) for name in ("north", "sandbox")
    }
    assert money == {"north": ("target2", "UTC"), "sandbox": (None, "UTC")}
    assert shown["north"]["delays"]["settlement_delay"] == "2bd"
