"""What is scripted on the page is what the control plane keeps."""

from typing import Any

import pytest

from mockpsp.api.pages.outcomes import EXAMPLES
from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import SECRET, Looker, words

HERE = f"{UI}/outcomes"


@pytest.mark.parametrize(
    ("fields", "match", "outcome", "times"),
    [
        ({"match[on]": "capture", "outcome": "card.declined"}, {"on": "capture"}, "card.declined", 1),
        (
            {"match[on]": "capture", "outcome": "ok, card.declined,ok"},
            {"on": "capture"},
            ["ok", "card.declined", "ok"],
            3,
        ),
        (
            {"match[on]": "refund", "later[fail_after]": "2h", "outcome": ""},
            {"on": "refund"},
            {"fail_after": "2h", "reason": "unknown"},
            1,
        ),
        (
            {"match[on]": "capture", "outcome": "ok", "match[card]": "0069", "metadata": "order = 17", "times": "4"},
            {"on": "capture", "card": "0069", "metadata": {"order": "17"}},
            "ok",
            4,
        ),
    ],
)
def test_an_outcome_is_scripted(looker: Looker, fields: Any, match: Any, outcome: Any, times: int) -> None:
    done = looker.act("make-rule", fields, back=HERE)

    (rule,) = looker.call("GET", "/sandbox/rules")["rules"]
    assert done.status_code == 303, done.text
    assert (rule["match"], rule["outcome"], rule["uses_left"]) == (match, outcome, times)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"match[on]": "capture", "outcome": "card.declinde"}, "did you mean"),
        ({"match[on]": "capture", "outcome": "ok", "later[fail_after]": "2h"}, "not both"),
        ({"match[on]": "capture", "outcome": "ok", "metadata": "order"}, "key=value"),
        ({"match": "capture", "outcome": "ok", "metadata": "order=17"}, "match: must be the parts"),
        ({"match[on]": "capture"}, "outcome: is missing"),
    ],
)
def test_what_is_wrong_with_one_is_said(looker: Looker, fields: dict[str, str], says: str) -> None:
    refused = looker.act("make-rule", fields)

    assert refused.status_code == 400 and says in words(refused.text)


@pytest.mark.parametrize("example", [one for some in EXAMPLES.values() for one in some], ids=lambda one: one[0])
def test_an_example_is_a_press_of_its_button(looker: Looker, example: tuple[str, str, dict[str, str]]) -> None:
    says, action, fields = example
    page = looker.look("/outcomes")

    done = looker.act(action, fields, back=HERE)

    assert f">{says}</button>" in page
    assert done.status_code == 303, done.text
    kept = [
        *looker.call("GET", "/sandbox/rules")["rules"],
        *looker.call("GET", "/sandbox/faults")["faults"],
        *looker.call("GET", "/sandbox/delivery")["delivery"]["rules"],
    ]
    assert len(kept) == 1


def test_an_example_decides_the_next_payment(looker: Looker) -> None:
    _, action, fields = EXAMPLES["rules"][0]
    looker.act(action, fields)

    looker.pay("declined")
    looker.pay("paid")

    statuses = [one["status"] for one in looker.call("GET", "/transactions?order=asc")["transactions"]]
    assert statuses == ["failed", "completed"]


def test_outcomes_are_told_in_words(looker: Looker) -> None:
    looker.act("make-rule", {"match[on]": "refund", "later[fail_after]": "2h", "metadata": "order=17"})
    looker.act("make-rule", {"match[on]": "capture", "outcome": "card.declined, ok"})

    page = words(looker.look("/outcomes"))

    assert "refund metadata order=17" in page and "fails after 2h , unknown" in page
    assert "card.declined , then ok" in page


def test_outcomes_are_removed(looker: Looker) -> None:
    looker.act("make-rule", {"match[on]": "capture", "outcome": "ok"})
    looker.act("delete-rules", back=HERE)

    assert "None yet: cards and PSPs decide." in words(looker.look("/outcomes"))


def test_faults_are_planned_shown_and_removed_one_by_one(looker: Looker) -> None:
    fields = {"match": "POST /customers", "do": "status 503", "when": "before_commit", "nth": "", "times": "2"}
    for _ in range(2):
        assert looker.act("make-fault", fields).status_code == 303
    looker.client.post("/customers", auth=(looker.project, "key_sandbox_looked"))
    page = words(looker.look("/outcomes"))
    first = looker.call("GET", "/sandbox/faults")["faults"][0]["id"]

    looker.act("delete-fault", on=first, back=HERE)

    assert "POST /customers" in page and "status 503 before commit" in page
    assert len(looker.call("GET", "/sandbox/faults")["faults"]) == 1
    looker.act("delete-faults")
    assert "None yet: every call arrives" in words(looker.look("/outcomes"))


def test_misbehaving_webhooks_are_added_and_removed_one_by_one(looker: Looker) -> None:
    looker.act("add-misbehaviour", {"do": "duplicate, delay 5m", "match[event]": "transaction.captured", "times": "3"})
    looker.act("add-misbehaviour", {"do": "unsigned"})

    first, second = looker.call("GET", "/sandbox/delivery")["delivery"]["rules"]
    assert (set(first["do"]), first["match"], first["times"]) == (
        {"duplicate", "delay 5m"},
        {"event": "transaction.captured"},
        3,
    )
    assert (second["do"], second["match"]) == ("unsigned", {})

    looker.act("remove-misbehaviour", {"place": "0"})
    assert [one["do"] for one in looker.call("GET", "/sandbox/delivery")["delivery"]["rules"]] == ["unsigned"]
    assert looker.act("remove-misbehaviour", {"place": "5"}).status_code == 409
    looker.act("remove-misbehaviours")
    assert looker.call("GET", "/sandbox/delivery")["delivery"]["rules"] == []


def test_a_card_number_is_kept_from_a_condition(looker: Looker) -> None:
    refused = looker.act("make-rule", {"match[on]": "capture", "outcome": "ok", "match[card]": "4242424242424242"})

    assert refused.status_code == 400 and "4242424242424242" not in refused.text


def test_one_outcome_is_removed_alone(looker: Looker) -> None:
    for code in ("card.declined", "card.expired", "ok"):
        looker.call("POST", "/sandbox/rules", {"match": {"on": "authorize"}, "outcome": code})
    first, second, third = looker.call("GET", "/sandbox/rules")["rules"]

    looker.act("delete-rule", on=second["id"], back=HERE)

    assert looker.call("GET", "/sandbox/rules")["rules"] == [first, third]
    assert second["id"] not in looker.look("/outcomes")


def test_what_is_left_still_decides(looker: Looker) -> None:
    gone, kept = (
        looker.call("POST", "/sandbox/rules", {"match": {"on": "authorize"}, "outcome": code})["rule"]
        for code in ("card.declined", "card.expired")
    )
    looker.call("DELETE", f"/sandbox/rules/{gone['id']}")

    invoice = looker.call("POST", "/invoices", {"name": "a", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    card = looker.call("POST", "/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030})["card"]
    answer = looker.call("POST", f"/invoices/{invoice}/authorize", {"source": card["id"]})

    assert answer["error_type"] == "card.expired"
    assert [one["used"] for one in looker.call("GET", "/sandbox/rules")["rules"]] == [1]
    again = looker.client.delete(f"/sandbox/rules/{gone['id']}", auth=(looker.project, SECRET))
    assert (again.status_code, again.get_json()["error_type"]) == (404, "resource.rule.not-found")
    assert kept["id"] == looker.call("GET", "/sandbox/rules")["rules"][0]["id"]
