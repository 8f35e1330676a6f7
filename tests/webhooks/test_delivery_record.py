"""What is due, and what an attempt's result does to its delivery. No network: results are written out."""

import sqlite3
from collections.abc import Callable

import pytest

from mockpsp.webhooks import delivery, errors, outbox, records
from mockpsp.webhooks.delivery import AttemptResult, DueDelivery
from mockpsp.webhooks.outbox import Message
from mockpsp.webhooks.records import Attempt, Delivery
from mockpsp.webhooks.retries import Dead, Delivered, RetryAfter, Step

TENANT = 1
OK = AttemptResult(200, None, 7)
BROKEN = AttemptResult(500, None, 7)
GONE = AttemptResult(410, None, 7)

NextSeq = Callable[[], int]


@pytest.fixture(autouse=True)
def endpoints(conn: sqlite3.Connection, secret: str) -> None:
    """Two endpoints, 1 and 2."""
    for seq in (1, 2):
        outbox.create_endpoint(conn, TENANT, seq=seq, url=f"http://127.0.0.1:9/{seq}", secret=secret, topics=None)


def enqueue(conn: sqlite3.Connection, next_seq: NextSeq, *message_seqs: int, at_ms: int = 5_000) -> None:
    """Queue messages of these numbers; deliveries count from 101, endpoint 1 before endpoint 2."""
    messages = [Message(seq, "transaction.captured", f"ev_{seq}", "{}", at_ms) for seq in message_seqs]
    outbox.enqueue(conn, TENANT, messages, next_seq=next_seq)


def due(conn: sqlite3.Connection, at_ms: int = 5_000, **options: list[int] | int) -> list[DueDelivery]:
    return delivery.due_batch(conn, TENANT, at_ms, **options)  # type: ignore[arg-type]


def record(conn: sqlite3.Connection, attempt: DueDelivery, result: AttemptResult, at_ms: int = 5_000) -> Step | None:
    return delivery.record(conn, TENANT, attempt, result, at_ms=at_ms, jitter=0.0)


def exhaust(conn: sqlite3.Connection) -> None:
    """Let the first delivery of endpoint 1 fail until it is dead; endpoint 2 is kept out."""
    at_ms = 5_000
    while batch := due(conn, at_ms, busy=[2]):
        record(conn, batch[0], BROKEN, at_ms)
        at_ms = first(conn).due_at_ms


def first(conn: sqlite3.Connection) -> Delivery:
    return records.deliveries(conn, TENANT)[0]


def test_nothing_is_due_in_an_empty_outbox(conn: sqlite3.Connection) -> None:
    assert delivery.next_due(conn, TENANT) is None


def test_the_next_due_is_the_earliest_then_the_first_queued(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, at_ms=6_000)
    enqueue(conn, next_seq, 11, at_ms=5_000)

    assert delivery.next_due(conn, TENANT) == (5_000, 103)


def test_what_waits_for_a_busy_endpoint_is_not_next(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    assert delivery.next_due(conn, TENANT, busy={1}) == (5_000, 102)


def test_a_batch_holds_the_first_due_of_each_endpoint(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, 11)

    assert [(each.seq, each.endpoint_seq) for each in due(conn)] == [(101, 1), (102, 2)]


def test_a_busy_endpoint_is_left_out_of_a_batch(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, 11)

    assert [each.endpoint_seq for each in due(conn, busy=[1])] == [2]


def test_a_batch_is_as_large_as_allowed(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    assert [each.seq for each in due(conn, limit=1)] == [101]


def test_what_falls_due_later_is_not_in_the_batch(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    assert due(conn, 4_999) == []


def test_another_tenants_queue_is_not_in_the_batch(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    assert delivery.due_batch(conn, 2, 5_000) == []


def test_a_due_delivery_brings_all_that_an_attempt_needs(
    conn: sqlite3.Connection, next_seq: NextSeq, secret: str
) -> None:
    enqueue(conn, next_seq, 10)

    assert due(conn)[0] == DueDelivery(
        101, 1, 1, 5_000, "transaction.captured", "ev_10", b"{}", "http://127.0.0.1:9/1", (secret,)
    )


def test_during_rotation_both_secrets_come_newest_first(
    conn: sqlite3.Connection, next_seq: NextSeq, secret: str, old_secret: str
) -> None:
    enqueue(conn, next_seq, 10)
    outbox.rotate_secret(conn, TENANT, 1, secret=old_secret)

    assert due(conn)[0].secrets == (old_secret, secret)


@pytest.mark.parametrize(
    "sql",
    [
        delivery._FIRST_DUE,
        delivery._WHO_WAITS,
        delivery._NEXT_OF_WAITING,
        delivery._DUE,
        delivery._NEXT_IN_QUEUE,
        delivery._THESE,
        records._LIST,
        records._LIST_OF_MESSAGE,
    ],
)
def test_no_question_reads_a_whole_table(conn: sqlite3.Connection, sql: str) -> None:
    named = {name: 1 for name in ("tenant_id", "at_ms", "limit", "message_seq", "after_seq", "state", "most")}
    values = {**named, "busy": "[]", "seqs": "[]", "endpoints": "[]"} if ":tenant_id" in sql else (TENANT, 1, 1)

    plan = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", values)]

    tables = ("webhook_", " d", " q", " m", " e")
    assert [step for step in plan if step.startswith("SCAN") and step[4:].startswith(tables)] == []


def test_success_delivers(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    step = record(conn, due(conn)[0], OK)

    assert (step, first(conn).state) == (Delivered(), "delivered")


def test_a_failure_waits_for_its_retry_counted_from_the_attempt(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    record(conn, due(conn)[0], BROKEN, at_ms=6_000)

    assert first(conn).due_at_ms == 8_718


def test_a_failure_says_why(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    step = record(conn, due(conn)[0], BROKEN)

    assert (step, first(conn).state, first(conn).last_error) == (RetryAfter(2_718), "pending", "status 500")


def test_the_next_attempt_has_the_next_number(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    record(conn, due(conn)[0], BROKEN)

    assert due(conn, 10_000)[0].attempt == 2


def test_a_delivery_that_waits_for_its_retry_does_not_hold_up_the_next(
    conn: sqlite3.Connection, next_seq: NextSeq
) -> None:
    enqueue(conn, next_seq, 10, 11)
    record(conn, due(conn)[0], BROKEN)

    assert [each.webhook_id for each in due(conn, busy=[2])] == ["ev_11"]


def test_thirteen_failures_make_a_dead_letter(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    exhaust(conn)

    assert (first(conn).state, first(conn).last_error, len(first(conn).attempts)) == ("dead", "retries exhausted", 13)


def test_a_host_not_allowed_is_dead_after_one_attempt(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    step = record(conn, due(conn)[0], AttemptResult(None, "host not allowed", 0))

    assert (step, first(conn).state) == (Dead("host not allowed", disable_endpoint=False), "dead")


def test_gone_disables_the_endpoint(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    record(conn, due(conn)[0], GONE)

    assert [endpoint.state for endpoint in outbox.list_endpoints(conn, TENANT)] == ["disabled", "enabled"]


def test_gone_kills_what_else_waited_for_the_endpoint(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, 11)

    record(conn, due(conn)[0], GONE)

    states = [(each.endpoint_seq, each.last_error) for each in records.deliveries(conn, TENANT, state="dead")]
    assert states == [(1, "gone"), (1, "endpoint disabled")]


def test_an_attempt_is_recorded_once(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    attempt = due(conn)[0]
    record(conn, attempt, BROKEN)

    step = record(conn, attempt, OK)

    assert (step, first(conn).state) == (None, "pending")


def test_an_attempt_of_a_cleared_tenant_is_dropped(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    attempt = due(conn)[0]
    outbox.clear(conn, TENANT)

    assert record(conn, attempt, OK) is None


def test_a_failure_after_the_endpoint_was_deleted_stays_dead(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    attempt = due(conn)[0]
    outbox.delete_endpoint(conn, TENANT, 1)

    step = record(conn, attempt, BROKEN)

    assert (step, first(conn).last_error, len(first(conn).attempts)) == (None, "endpoint deleted", 1)


def test_a_success_after_the_endpoint_was_deleted_still_counts(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    attempt = due(conn)[0]
    outbox.delete_endpoint(conn, TENANT, 1)

    record(conn, attempt, OK)

    assert (first(conn).state, first(conn).url) == ("delivered", None)


def test_attempts_are_listed_in_their_order(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    record(conn, due(conn)[0], AttemptResult(None, "timed out", 5_000))
    record(conn, due(conn, 10_000)[0], OK, at_ms=10_000)

    assert first(conn).attempts == (
        Attempt(1, 5_000, None, "timed out", 5_000),
        Attempt(2, 10_000, 200, None, 7),
    )


def test_the_deliveries_of_one_message_are_listed_alone(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, 11)

    listed = records.deliveries(conn, TENANT, message_seq=11)

    assert [(each.seq, each.webhook_id) for each in listed] == [(103, "ev_11"), (104, "ev_11")]


def test_a_listing_goes_on_after_a_number(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10, 11)

    assert [each.seq for each in records.deliveries(conn, TENANT, after_seq=101, limit=2)] == [102, 103]


def test_another_tenant_lists_nothing(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)

    assert records.deliveries(conn, 2) == []


def test_a_dead_letter_can_be_sent_again(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    exhaust(conn)

    records.retry_now(conn, TENANT, 101, 7_000)

    assert [(each.seq, each.attempt) for each in due(conn, 7_000, busy=[2])] == [(101, 14)]


def test_a_dead_letter_sent_again_in_vain_is_dead_again(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    exhaust(conn)
    records.retry_now(conn, TENANT, 101, 7_000)

    step = record(conn, due(conn, 7_000, busy=[2])[0], BROKEN, 7_000)

    assert step == Dead("retries exhausted", disable_endpoint=False)


def test_an_unknown_delivery_cannot_be_sent_again(conn: sqlite3.Connection) -> None:
    with pytest.raises(errors.UnknownDelivery):
        records.retry_now(conn, TENANT, 999, 7_000)


@pytest.mark.parametrize("change", [outbox.disable_endpoint, outbox.delete_endpoint])
def test_nothing_is_sent_again_to_an_endpoint_that_is_gone(
    conn: sqlite3.Connection, next_seq: NextSeq, change: Callable[[sqlite3.Connection, int, int], None]
) -> None:
    enqueue(conn, next_seq, 10)
    change(conn, TENANT, 1)

    with pytest.raises(errors.EndpointUnavailable):
        records.retry_now(conn, TENANT, 101, 7_000)


def test_of_very_many_attempts_the_newest_are_kept(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    for _ in range(delivery.ATTEMPTS_KEPT + 3):
        records.retry_now(conn, TENANT, 101, 5_000)
        record(conn, due(conn, busy=[2])[0], OK)

    kept = [attempt.n for attempt in first(conn).attempts]

    assert kept == list(range(4, delivery.ATTEMPTS_KEPT + 4))


def test_as_many_attempts_as_are_kept_are_all_there(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    enqueue(conn, next_seq, 10)
    for _ in range(delivery.ATTEMPTS_KEPT):
        records.retry_now(conn, TENANT, 101, 5_000)
        record(conn, due(conn, busy=[2])[0], OK)

    assert [attempt.n for attempt in first(conn).attempts][:1] == [1]
