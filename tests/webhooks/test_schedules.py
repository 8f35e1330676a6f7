"""The table of schedules, and what an endpoint's schedule and order do to its deliveries. No network."""

import sqlite3
from collections.abc import Callable

import pytest

from mockpsp.webhooks import delivery, outbox, records
from mockpsp.webhooks.delivery import AttemptResult, DueDelivery
from mockpsp.webhooks.outbox import Message
from mockpsp.webhooks.retries import Dead, RetryAfter, Step, next_step, retry_after_ms
from mockpsp.webhooks.schedules import SCHEDULES

TENANT = 1
OK = AttemptResult(200, None, 7)
BROKEN = AttemptResult(500, None, 7)

NextSeq = Callable[[], int]

_H = 3_600_000
_DAY = 24 * _H


def queue(conn: sqlite3.Connection, next_seq: NextSeq, *message_seqs: int, at_ms: int = 5_000) -> None:
    """Deliveries count from 101."""
    messages = [Message(seq, "transaction.captured", f"ev_{seq}", "{}", at_ms) for seq in message_seqs]
    outbox.enqueue(conn, TENANT, messages, next_seq=next_seq)


def endpoint(conn: sqlite3.Connection, secret: str, seq: int = 1, **how: str) -> None:
    url = f"http://127.0.0.1:9/{seq}"
    outbox.create_endpoint(conn, TENANT, seq=seq, url=url, secret=secret, topics=None, **how)  # type: ignore[arg-type]


def due(conn: sqlite3.Connection, at_ms: int) -> list[DueDelivery]:
    return delivery.due_batch(conn, TENANT, at_ms)


def record(conn: sqlite3.Connection, attempt: DueDelivery, result: AttemptResult, at_ms: int) -> Step | None:
    return delivery.record(conn, TENANT, attempt, result, at_ms=at_ms, jitter=0.0)


def exhaust(conn: sqlite3.Connection, at_ms: int = 5_000) -> list[int]:
    """Let everything fail until nothing waits; the waits between attempts."""
    waits = []
    while batch := due(conn, at_ms):
        step = record(conn, batch[0], BROKEN, at_ms)
        if isinstance(step, RetryAfter):
            waits.append(step.wait_ms)
            at_ms += step.wait_ms
    return waits


@pytest.mark.parametrize(
    ("name", "retries", "total_ms"),
    [
        ("processout", 12, 257_472_707),
        ("standard", 9, 5_000 + 35 * 60_000 + 75 * _H),
        ("gocardless", 8, 13 * 60_000 + 15 * _H + 30 * 60_000),
        ("checkout", 8, 30 * _H),
        ("razorpay", 11, _DAY),
        ("none", 0, 0),
    ],
)
def test_each_schedule_has_its_retries_and_its_end(name: str, retries: int, total_ms: int) -> None:
    waits = SCHEDULES[name].waits_ms

    assert (len(waits), sum(waits)) == (retries, total_ms)


def test_adyen_tries_for_thirty_days() -> None:
    waits = SCHEDULES["adyen"].waits_ms

    assert [wait // 60_000 for wait in waits[:9]] == [2, 5, 10, 15, 30, 60, 120, 240, 480]
    assert 30 * _DAY - 8 * _H < sum(waits) <= 30 * _DAY


def test_every_schedule_says_where_it_is_from_or_that_it_is_a_choice() -> None:
    assert [row.name for row in SCHEDULES.values() if not row.source and not row.choice] == []


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_endpoint_is_tried_by_its_schedule(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq, name: str
) -> None:
    endpoint(conn, secret, schedule=name)
    queue(conn, next_seq, 10)

    assert exhaust(conn) == list(SCHEDULES[name].waits_ms)
    (one,) = records.deliveries(conn, TENANT)
    assert (one.state, one.last_error) == ("dead", "retries exhausted")


def test_at_razorpay_the_endpoint_is_disabled_once_retries_are_spent(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    endpoint(conn, secret, schedule="razorpay")
    queue(conn, next_seq, 10)
    exhaust(conn)

    (one,) = outbox.list_endpoints(conn, TENANT)
    assert one.state == "disabled"


@pytest.mark.parametrize("name", ["adyen", "gocardless", "checkout", "razorpay"])
def test_where_no_source_says_so_gone_is_a_failure_like_another(name: str) -> None:
    assert isinstance(next_step(1, 410, None, jitter=0.0, schedule=SCHEDULES[name]), RetryAfter)


def test_strict_order_holds_up_the_rest_until_the_oldest_is_delivered(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    endpoint(conn, secret, schedule="adyen")
    queue(conn, next_seq, 10, 11)
    record(conn, due(conn, 5_000)[0], BROKEN, 5_000)
    queue(conn, next_seq, 12, at_ms=6_000)

    assert due(conn, 100_000) == []
    assert delivery.next_due(conn, TENANT) == (125_000, 101)
    assert [one.due_at_ms for one in records.deliveries(conn, TENANT)] == [125_000, None, None]
    sent = []
    while batch := due(conn, 125_000):
        sent.append(batch[0].webhook_id)
        record(conn, batch[0], OK, 125_000)
    assert sent == ["ev_10", "ev_11", "ev_12"]


def test_strict_order_goes_on_once_the_oldest_is_dead(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    endpoint(conn, secret, schedule="none", ordering="strict")
    queue(conn, next_seq, 10, 11)
    record(conn, due(conn, 5_000)[0], BROKEN, 7_000)

    assert [one.webhook_id for one in due(conn, 7_000)] == ["ev_11"]


def test_strict_order_of_one_endpoint_holds_up_no_other(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    endpoint(conn, secret, schedule="adyen")
    endpoint(conn, secret, 2)
    queue(conn, next_seq, 10)
    queue(conn, next_seq, 11)
    batch = due(conn, 5_000)
    record(conn, batch[0], BROKEN, 5_000)
    record(conn, batch[1], OK, 5_000)

    assert [(one.endpoint_seq, one.webhook_id) for one in due(conn, 5_000)] == [(2, "ev_11")]


def test_one_that_takes_several_at_once_gets_ten(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    endpoint(conn, secret, ordering="parallel")
    endpoint(conn, secret, 2)
    queue(conn, next_seq, *range(10, 25))

    batch = due(conn, 5_000)

    assert [one.endpoint_seq for one in batch].count(1) == 10
    assert [one.endpoint_seq for one in batch].count(2) == 1
    assert [one.seq for one in batch] == sorted(one.seq for one in batch)


@pytest.mark.parametrize(
    ("headers", "wait_ms"),
    [
        ("retry-after: 120", 120_000),
        ("Server: x\nRetry-After: 90 \nDate: y", 90_000),
        ("retry-after: 1", 2_718),
        ("retry-after: -5", 2_718),
        ("retry-after: soon", 2_718),
        ("Date: Thu, 01 Jan 2026 10:00:00 GMT\nRetry-After: Thu, 01 Jan 2026 10:02:00 GMT", 120_000),
        ("Retry-After: Thu, 01 Jan 2026 10:02:00 GMT", 2_718),
        ("retry-after: 99999999", 7 * _DAY),
        ("", 2_718),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone_for_longer(headers: str, wait_ms: int) -> None:
    processout = SCHEDULES["processout"]

    assert next_step(1, 503, None, jitter=0.0, schedule=processout, response_headers=headers) == RetryAfter(wait_ms)


@pytest.mark.parametrize(
    ("until", "wait_ms"),
    [
        ("Thu, 01 Jan 2026 10:02:00 GMT", 120_000),
        ("Thursday, 01-Jan-26 10:02:00 GMT", 120_000),
        ("Thu Jan  1 10:02:00 2026", 120_000),
        ("Thu Jan 01 10:02:00 2026", 120_000),
        ("Thu, 01 Jan 2026 09:00:00 GMT", 0),
        ("Fri, 01 Jan 2027 10:00:00 GMT", 7 * _DAY),
        # Dates of other kinds, which HTTP doesn't know: another zone, none, the zone of letters, of logs, of machines.
        ("Thu, 01 Jan 2026 10:02:00 +0100", 0),
        ("Thu, 01 Jan 2026 10:02:00 -0000", 0),
        ("Thu, 01 Jan 2026 10:02:00 CET", 0),
        ("Thu, 01 Jan 2026 10:02:00 UTC", 0),
        ("Thu, 01 Jan 2026 10:02:00", 0),
        ("Thu, 1 Jan 2026 10:02:00 GMT", 0),
        ("01 Jan 2026 10:02:00 GMT", 0),
        ("2026-01-01T10:02:00Z", 0),
        ("Thu, 32 Jan 2026 10:02:00 GMT", 0),
        ("Thu, 01 Foo 2026 10:02:00 GMT", 0),
    ],
)
def test_a_date_is_one_of_https_three_forms_all_in_gmt(until: str, wait_ms: int) -> None:
    assert retry_after_ms(f"Date: Thu, 01 Jan 2026 10:00:00 GMT\nRetry-After: {until}") == wait_ms
    if wait_ms == 120_000:
        assert retry_after_ms(f"Date: {until}\nRetry-After: Thu, 01 Jan 2026 10:03:00 GMT") == 60_000


def test_who_does_not_read_retry_after_is_not_lengthened_by_it() -> None:
    step = next_step(1, 503, None, jitter=0.0, schedule=SCHEDULES["checkout"], response_headers="retry-after: 9999")

    assert step == RetryAfter(300_000)
    assert retry_after_ms("retry-after: 9999") == 9_999_000


def test_dead_letters_are_sent_again_all_or_those_of_one_endpoint(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    for seq in (1, 2, 3):
        endpoint(conn, secret, seq, schedule="none")
    queue(conn, next_seq, 10, 11)
    exhaust(conn)
    outbox.disable_endpoint(conn, TENANT, 3)

    assert records.retry_dead(conn, TENANT, 9_000, endpoint_seq=2) == 2
    assert records.retry_dead(conn, TENANT, 9_000) == 2
    assert records.retry_dead(conn, 2, 9_000) == 0
    assert {one.endpoint_seq for one in records.deliveries(conn, TENANT, state="dead")} == {3}
    assert next_step(2, 500, None, jitter=0.0, schedule=SCHEDULES["none"]) == Dead("retries exhausted", False)


def test_an_endpoint_is_switched_off_when_retries_are_spent_and_not_by_what_is_sent_again_by_hand() -> None:
    schedule = SCHEDULES["razorpay"]
    spent = len(schedule.waits_ms) + 1
    by_hand = next_step(spent + 1, 500, None, jitter=0.0, schedule=schedule)

    assert next_step(spent, 500, None, jitter=0.0, schedule=schedule) == Dead("retries exhausted", True)
    assert by_hand == Dead("retries exhausted", False)
