"""The page's payments: found in the list, told as one history, moved, with what came of it marked."""

import re

import pytest

from mockpsp.api.pages import lists
from mockpsp.api.pages.payments import folded
from mockpsp.api.pages.session import UI
from mockpsp.domain.payments.payment import Status
from mockpsp.store import browsing
from tests.mockpsp.api.pages.looking import Looker, links, receiving, words

DECLINED = "4000000000000002"


def names(html: str) -> list[str]:
    return re.findall(r'<td><a id="[^"]+" href="/sandbox/ui/payments/[^"]+">([^<]+)</a>', html)


def test_the_newest_payment_comes_first(looker: Looker) -> None:
    for name in ("one", "two", "three"):
        looker.pay(name)

    assert names(looker.look()) == ["three", "two", "one"]


def test_a_refund_that_failed_is_marked_in_the_list_and_on_its_page(looker: Looker) -> None:
    paid = looker.pay("Umbrella", amount="40.00")
    looker.pay("Raincoat")
    refund = looker.call("POST", f"/transactions/{paid}/refunds", {"amount": "15.00"})["refund"]["id"]
    assert "refund failed" not in words(looker.look())

    looker.call("POST", "/sandbox/simulate", {"what": "refund.fail", "on": refund})

    assert words(looker.look()).count("15.00 refund failed") == 1
    assert "Refunded 0.00 15.00 failed" in words(looker.look(f"/payments/{paid}"))


def test_a_list_goes_on_where_it_ended_and_ends(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for name in ("one", "two", "three", "four", "five"):
        looker.pay(name)

    pages = [looker.look()]
    while older := links(pages[-1], "?before="):
        pages.append(looker.look(older[0]))

    assert [names(page) for page in pages] == [["five", "four"], ["three", "two"], ["one"]]


def test_payments_are_found_by_name_order_and_state(looker: Looker) -> None:
    looker.pay("Blue Umbrella", order_id="order-17")
    looker.pay("red umbrella", number=DECLINED)

    assert names(looker.look("?q=blue")) == ["Blue Umbrella"]
    assert names(looker.look("?q=ORDER-17")) == ["Blue Umbrella"]
    assert names(looker.look("?status=failed")) == ["red umbrella"]
    assert names(looker.look("?q=umbrella&status=completed")) == ["Blue Umbrella"]


def test_a_search_looks_at_so_many_and_says_so(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "LOOKED_MAX", 3)
    looker.pay("wanted")
    for _ in range(3):
        looker.pay("other")

    page = looker.look("?q=wanted")
    further = looker.look(links(page, "?q=wanted")[0])

    assert names(page) == [] and "Looked at 3 and stopped." in words(page)
    assert names(further) == ["wanted"]


def test_an_unknown_state_is_told_with_the_nearest(looker: Looker) -> None:
    assert "did you mean 'completed'?" in words(looker.look("?status=complete", 400))


def test_every_state_has_its_filter(looker: Looker) -> None:
    page = looker.look()

    assert all(f"<option>{status}</option>" in page for status in Status)


def test_a_payment_is_reached_from_its_invoice_refund_and_event_too(looker: Looker) -> None:
    transaction_id = looker.pay()
    refund = looker.call("POST", f"/transactions/{transaction_id}/refunds", {"amount": "5"})["refund"]
    event = looker.call("GET", "/events")["events"][0]
    invoice_id = looker.call("GET", f"/transactions/{transaction_id}")["transaction"]["invoice_id"]

    assert all(transaction_id in looker.look(f"/payments/{one}") for one in (refund["id"], event["id"], invoice_id))


def test_a_move_shows_what_came_of_it(looker: Looker) -> None:
    transaction_id = looker.pay()
    here = f"{UI}/payments/{transaction_id}"

    moved = looker.act("simulate", {"what": "refund.make", "on": transaction_id, "with[amount]": "5"}, back=here)
    page = looker.client.get(moved.headers["Location"]).text

    assert moved.status_code == 303 and f"{here}?since=" in moved.headers["Location"]
    assert "came of it, marked below" in words(page)
    assert 'class="k-decision new" id="new"' in page
    assert "new" not in re.findall(r'<li class="([^"]*)"', page)[0]


def test_a_second_move_marks_its_own_consequences(looker: Looker) -> None:
    transaction_id = looker.pay()
    back = f"{UI}/payments/{transaction_id}"
    fields = {"what": "refund.make", "on": transaction_id, "with[amount]": "5"}

    first = looker.act("simulate", fields, back=back).headers["Location"]
    second = looker.act("simulate", fields, back=first).headers["Location"]

    assert second.count("since=") == 1 and second != first
    assert (
        looker.client.get(second).text.count('class="mark"') == looker.client.get(first).text.count('class="mark"') / 2
    )


def test_a_move_with_blank_details_is_one_without(looker: Looker) -> None:
    transaction_id = looker.pay()

    looker.act("simulate", {"what": "refund.make", "on": transaction_id, "with[amount]": "  ", "with[reason]": ""})

    assert looker.call("GET", f"/transactions/{transaction_id}")["transaction"]["refunded_amount"] == "40"


def test_a_refused_move_says_why_and_a_form_that_asks_gets_that_alone(looker: Looker) -> None:
    transaction_id = looker.pay()
    fields = {"what": "refund.make", "on": transaction_id, "with[amount]": "900"}

    whole = looker.act("simulate", fields)
    part = looker.client.post(f"{UI}/act/simulate", data=fields, headers={"HX-Request": "true"})

    assert whole.status_code == 400 and "exceeds" in words(whole.text)
    assert part.status_code == 422 and "exceeds" in part.text and "<html" not in part.text


def test_a_form_that_asks_is_sent_to_the_page(looker: Looker) -> None:
    transaction_id = looker.pay()

    moved = looker.client.post(
        f"{UI}/act/simulate?back={UI}/payments/{transaction_id}",
        data={"what": "refund.make", "on": transaction_id},
        headers={"HX-Request": "true"},
    )

    assert moved.status_code == 204
    assert moved.headers["HX-Redirect"].startswith(f"{UI}/payments/{transaction_id}?since=")


def test_every_offered_move_can_be_made(looker: Looker) -> None:
    transaction_id = looker.pay()
    offered = re.findall(
        r'name="what" value="([^"]+)"><input type="hidden" name="on" value="([^"]+)"',
        looker.look(f"/payments/{transaction_id}"),
    )

    assert len(offered) > 3
    for what, on in offered:
        looker.call("POST", "/sandbox/reset", {"seed": 1})
        again = looker.pay()
        assert again and looker.act("simulate", {"what": what, "on": on}).status_code in (303, 404)


def test_what_is_kept_as_it_is_has_a_name_that_a_selector_takes(looker: Looker) -> None:
    transaction_id = looker.pay()
    looker.call("POST", f"/transactions/{transaction_id}/refunds", {"amount": "5"})
    page = looker.look(f"/payments/{transaction_id}")

    kept = re.findall(r'id="([^"]*)" hx-preserve', page)

    assert len(kept) == len(set(kept)) > 5
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", one) for one in kept)


def test_what_was_opened_keeps_its_name_while_the_history_grows(looker: Looker) -> None:
    transaction_id = looker.pay()
    before = re.findall(r'id="(m-[^"]*)"', looker.look(f"/payments/{transaction_id}"))

    looker.call("POST", f"/transactions/{transaction_id}/refunds", {"amount": "5"})

    assert set(before) < set(re.findall(r'id="(m-[^"]*)"', looker.look(f"/payments/{transaction_id}")))


def test_attempts_that_only_repeat_are_one_line(looker: Looker) -> None:
    with receiving(500) as url:
        looker.listen(url, topics=["transaction.captured"])
        transaction_id = looker.pay()
        looker.call("POST", "/sandbox/clock/advance", {"by": "20d"})

    page = words(looker.look(f"/payments/{transaction_id}"))

    assert page.count("webhook transaction.captured") == 2
    assert "12 more attempts until" in page


def test_attempts_fold_by_delivery_and_outcome() -> None:
    def attempt(delivery: str, n: int, status: int) -> dict[str, object]:
        return {"kind": "attempt", "id": delivery, "n": n, "at": f"day {n}", "status_code": status, "error": None}

    history = [attempt("a", 1, 500), attempt("b", 1, 500), attempt("a", 2, 500), attempt("b", 2, 200)]
    history += [attempt("a", 3, 500), attempt("a", 4, 503)]

    shown = [(one["kind"], one["id"], one["n"], len(one.get("run", []))) for one in folded(history)]

    assert shown == [
        ("attempt", "a", 1, 0),
        ("attempt", "b", 1, 0),
        ("attempts", "a", 2, 2),
        ("attempt", "b", 2, 0),
        ("attempt", "a", 4, 0),
    ]


def test_postings_lead_to_their_accounts(looker: Looker) -> None:
    page = looker.look(f"/payments/{looker.pay()}")

    assert f"{UI}/books?account=income%3Asales&currency=EUR" in links(page, f"{UI}/books")
    assert all(looker.client.get(one).status_code == 200 for one in links(page, f"{UI}/books?"))
