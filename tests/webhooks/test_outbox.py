"""Endpoints, and what is queued for whom."""

import sqlite3
from collections.abc import Callable

import pytest

from mockpsp.webhooks import errors, outbox, records
from mockpsp.webhooks.outbox import Message

TENANT = 1
CAPTURED = Message(10, "transaction.captured", "ev_10", '{"event_id":"ev_10"}', 5_000)
REFUNDED = Message(11, "transaction.refunded", "ev_11", '{"event_id":"ev_11"}', 5_000)

NextSeq = Callable[[], int]


def add(conn: sqlite3.Connection, secret: str, seq: int, topics: list[str] | None = None, tenant: int = TENANT) -> None:
    url = f"http://127.0.0.1:9/{seq}"
    outbox.create_endpoint(conn, tenant, seq=seq, url=url, secret=secret, topics=topics)


def queued(conn: sqlite3.Connection, tenant: int = TENANT) -> list[tuple[int, int, int, str, int]]:
    """(seq, message, endpoint, state, due) of every delivery."""
    return [
        (each.seq, each.message_seq, each.endpoint_seq, each.state, each.due_at_ms)
        for each in records.deliveries(conn, tenant)
    ]


def statements_of(conn: sqlite3.Connection, call: Callable[[], object]) -> list[str]:
    """The SQL that a call runs."""
    statements: list[str] = []
    conn.set_trace_callback(statements.append)
    call()
    conn.set_trace_callback(None)
    return statements


def test_a_message_has_a_pending_delivery_per_endpoint_due_at_once(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    add(conn, secret, 1)
    add(conn, secret, 2)

    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)

    assert queued(conn) == [(101, 10, 1, "pending", 5_000), (102, 10, 2, "pending", 5_000)]


def test_enqueue_answers_how_many_deliveries_it_made(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)
    add(conn, secret, 2)

    assert len(outbox.enqueue(conn, TENANT, [CAPTURED, REFUNDED], next_seq=next_seq)) == 4


def test_several_messages_are_queued_in_their_order(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)

    outbox.enqueue(conn, TENANT, [CAPTURED, REFUNDED], next_seq=next_seq)

    assert [message for _, message, *_ in queued(conn)] == [10, 11]


def test_an_endpoint_with_topics_gets_only_those(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1, ["transaction.refunded"])

    outbox.enqueue(conn, TENANT, [CAPTURED, REFUNDED], next_seq=next_seq)

    assert queued(conn) == [(101, 11, 1, "pending", 5_000)]


def test_an_endpoint_with_no_topics_left_gets_nothing(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1, [])

    assert outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq) == []


def test_when_nobody_listens_one_select_is_all(conn: sqlite3.Connection, next_seq: NextSeq) -> None:
    statements = statements_of(conn, lambda: outbox.enqueue(conn, TENANT, [CAPTURED, REFUNDED], next_seq=next_seq))

    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_a_message_no_endpoint_wants_is_not_stored(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1, ["transaction.refunded"])

    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)

    assert conn.execute("SELECT count(*) FROM webhook_message").fetchone() == (0,)


def test_two_messages_to_one_endpoint_take_one_question_and_four_rows(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    add(conn, secret, 1)

    statements = statements_of(conn, lambda: outbox.enqueue(conn, TENANT, [CAPTURED, REFUNDED], next_seq=next_seq))

    kinds = [statement.split()[0] for statement in statements]
    assert kinds == ["SELECT", "INSERT", "INSERT", "INSERT", "INSERT"]


def test_asking_who_listens_uses_its_index(conn: sqlite3.Connection) -> None:
    plan = conn.execute(f"EXPLAIN QUERY PLAN {outbox._LISTENING}", (TENANT,)).fetchall()

    assert [row[3] for row in plan] == ["SEARCH webhook_endpoint USING INDEX webhook_endpoint_listening (tenant_id=?)"]


def test_another_tenants_endpoint_hears_nothing(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1, tenant=2)

    assert outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq) == []


def test_a_rollback_takes_the_queue_back(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)
    conn.execute("BEGIN")

    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)
    conn.execute("ROLLBACK")

    assert queued(conn) == []


def test_an_extra_address_hears_a_message_beside_the_endpoints(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    add(conn, secret, 1)

    outbox.enqueue(
        conn, TENANT, [CAPTURED], next_seq=next_seq, extra_url="http://localhost:9/extra", extra_secret=secret
    )

    urls = [each.url for each in records.deliveries(conn, TENANT)]
    assert urls == ["http://127.0.0.1:9/1", "http://localhost:9/extra"]


def test_the_same_extra_address_keeps_its_number(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    for message in (CAPTURED, REFUNDED):
        outbox.enqueue(conn, TENANT, [message], next_seq=next_seq, extra_url="http://localhost:9/", extra_secret=secret)

    assert [endpoint for _, _, endpoint, *_ in queued(conn)] == [101, 101]


def test_an_extra_address_hears_only_the_message_it_came_with(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq, extra_url="http://localhost:9/", extra_secret=secret)

    assert len(outbox.enqueue(conn, TENANT, [REFUNDED], next_seq=next_seq)) == 0


def test_an_extra_address_switched_off_hears_nothing_more(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    def enqueue(message: Message) -> list[int]:
        return outbox.enqueue(
            conn, TENANT, [message], next_seq=next_seq, extra_url="http://localhost:9/", extra_secret=secret
        )

    enqueue(CAPTURED)
    outbox.disable_endpoint(conn, TENANT, 101)

    assert enqueue(REFUNDED) == []


def test_an_extra_address_is_not_listed_as_an_endpoint(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq, extra_url="http://localhost:9/", extra_secret=secret)

    assert outbox.list_endpoints(conn, TENANT) == []


def test_a_new_endpoint_is_read_back_as_it_was_answered(conn: sqlite3.Connection, secret: str) -> None:
    created = outbox.create_endpoint(
        conn, TENANT, seq=1, url="https://shop.test/hook", secret=secret, topics=["transaction.captured"]
    )

    assert outbox.get_endpoint(conn, TENANT, 1) == created


@pytest.mark.parametrize("url", ["", "shop.test/hook", "ftp://127.0.0.1/", "http://", "http://[::1", "http://a b/"])
def test_an_endpoint_without_a_usable_url_is_refused(conn: sqlite3.Connection, secret: str, url: str) -> None:
    with pytest.raises(errors.MalformedUrl):
        outbox.create_endpoint(conn, TENANT, seq=1, url=url, secret=secret, topics=None)


def test_an_endpoint_without_a_usable_secret_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(errors.MalformedSecret):
        add(conn, "whsec_short", 1)


def test_endpoints_are_listed_oldest_first(conn: sqlite3.Connection, secret: str) -> None:
    add(conn, secret, 2)
    add(conn, secret, 1)

    assert [endpoint.seq for endpoint in outbox.list_endpoints(conn, TENANT)] == [1, 2]


def test_another_tenant_does_not_see_an_endpoint(conn: sqlite3.Connection, secret: str) -> None:
    add(conn, secret, 1)

    assert outbox.get_endpoint(conn, 2, 1) is None


def test_deleting_an_endpoint_kills_its_queue(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)
    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)

    outbox.delete_endpoint(conn, TENANT, 1)

    assert [(each.state, each.last_error) for each in records.deliveries(conn, TENANT)] == [
        ("dead", "endpoint deleted")
    ]


def test_disabling_an_endpoint_leaves_the_queues_of_others_alone(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    add(conn, secret, 1)
    add(conn, secret, 2)
    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)

    outbox.disable_endpoint(conn, TENANT, 1)

    assert [state for *_, state, _ in queued(conn)] == ["dead", "pending"]


def test_a_disabled_endpoint_hears_nothing(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)
    outbox.disable_endpoint(conn, TENANT, 1)

    assert outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq) == []


def test_an_endpoint_enabled_again_hears_what_comes_next(
    conn: sqlite3.Connection, secret: str, next_seq: NextSeq
) -> None:
    add(conn, secret, 1)
    outbox.disable_endpoint(conn, TENANT, 1)
    outbox.enable_endpoint(conn, TENANT, 1)

    assert len(outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)) == 1


def test_rotation_keeps_the_secret_before(conn: sqlite3.Connection, secret: str, old_secret: str) -> None:
    add(conn, old_secret, 1)

    outbox.rotate_secret(conn, TENANT, 1, secret=secret)

    endpoint = outbox.get_endpoint(conn, TENANT, 1)
    assert endpoint is not None and (endpoint.secret, endpoint.old_secret) == (secret, old_secret)


def test_the_end_of_a_rotation_forgets_the_old_secret(conn: sqlite3.Connection, secret: str, old_secret: str) -> None:
    add(conn, old_secret, 1)
    outbox.rotate_secret(conn, TENANT, 1, secret=secret)

    outbox.end_rotation(conn, TENANT, 1)

    endpoint = outbox.get_endpoint(conn, TENANT, 1)
    assert endpoint is not None and (endpoint.secret, endpoint.old_secret) == (secret, None)


@pytest.mark.parametrize(
    "change", [outbox.delete_endpoint, outbox.enable_endpoint, outbox.disable_endpoint, outbox.end_rotation]
)
def test_another_tenants_endpoint_cannot_be_changed(
    conn: sqlite3.Connection, secret: str, change: Callable[[sqlite3.Connection, int, int], None]
) -> None:
    add(conn, secret, 1)

    with pytest.raises(errors.UnknownEndpoint):
        change(conn, 2, 1)


def test_clearing_leaves_a_tenant_with_nothing(conn: sqlite3.Connection, secret: str, next_seq: NextSeq) -> None:
    add(conn, secret, 1)
    outbox.enqueue(conn, TENANT, [CAPTURED], next_seq=next_seq)

    outbox.clear(conn, TENANT)

    assert (outbox.list_endpoints(conn, TENANT), queued(conn)) == ([], [])


def test_clearing_leaves_other_tenants_alone(conn: sqlite3.Connection, secret: str) -> None:
    add(conn, secret, 1, tenant=2)

    outbox.clear(conn, TENANT)

    assert len(outbox.list_endpoints(conn, 2)) == 1


def test_facts_are_asked_for_only_where_an_endpoint_has_bodies_of_a_dialect(
    conn: sqlite3.Connection, next_seq: Callable[[], int], secret: str
) -> None:
    asked: list[int] = []

    def facts() -> str:
        asked.append(1)
        return "[]"

    def kept(seq: int) -> str | None:
        message = outbox.Message(seq, "transaction.captured", f"ev_{seq}", "{}", 0, facts)
        outbox.enqueue(conn, 1, [message], next_seq=next_seq)
        return conn.execute("SELECT facts FROM webhook_message WHERE seq = ?", (seq,)).fetchone()[0]

    outbox.create_endpoint(conn, 1, seq=1, url="http://127.0.0.1/", secret=secret, topics=None)
    assert (kept(50), asked) == (None, [])
    outbox.create_endpoint(
        conn, 1, seq=2, url="http://127.0.0.1/", secret=secret, topics=None, dialect="stripe", body_form="dialect"
    )
    assert (kept(51), asked) == ("[]", [1])
