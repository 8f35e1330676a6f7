"""Advancing against receivers: side by side, one at a time a receiver, by the retry schedule, within limits."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.domain.commands import ExpireAuthorization
from mockpsp.domain.decision import Effect
from mockpsp.domain.time.moments import EPOCH_MS
from mockpsp.engine.timeline import MAX_STEPS
from mockpsp.engine.universes import Credentials
from mockpsp.sandbox_client import Sandbox
from mockpsp.store import agenda
from tests.mockpsp.worlds import PATIENCE_S, Hook, Shop, serving

WHO = ("test-proj_advance", "key_test_advance")
#: ProcessOut's schedule: retry n waits e**n seconds.
WAITS_S = [
    2.718,
    7.389,
    20.086,
    54.598,
    148.413,
    403.429,
    1096.633,
    2980.958,
    8103.084,
    22026.466,
    59874.142,
    162754.791,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, AppState]]:
    file = tmp_path_factory.mktemp("advance") / "time.db"
    with serving(Settings(db=str(file), clock="manual", receiver_timeout_ms=1_000)) as running:
        yield running


@pytest.fixture
def world(server: tuple[str, AppState]) -> Iterator[Sandbox]:
    with Sandbox(server[0], *WHO) as sandbox:
        sandbox.reset()
        yield sandbox


def endpoint(world: Sandbox, shop: Shop, *topics: str) -> str:
    body = {"url": shop.url, **({"topics": topics} if topics else {})}
    return str(world.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]["id"])


def invoice(world: Sandbox, **more: object) -> str:
    body = {"name": "A", "amount": "10", "currency": "EUR", **more}
    return str(world.post("/invoices", body)["invoice"]["id"])


def paid(world: Sandbox, **more: object) -> str:
    capture = world.post(f"/invoices/{invoice(world, **more)}/capture", {"source": world.card()})
    return str(capture["transaction"]["id"])


def deliveries(world: Sandbox) -> list[dict[str, object]]:
    return list(world.get("/sandbox/deliveries")["deliveries"])


def life(world: Sandbox) -> tuple[list[object], dict[str, object], str]:
    """What ran, what came of it, and the digest, when a shop captures and refunds in its handler, each at third try."""
    tries: Counter[str] = Counter()
    pay = ""

    def answer(hook: Hook) -> int:
        tries[hook.event_id] += 1
        if tries[hook.event_id] <= 2:
            return 500
        if hook.event_type == "transaction.authorized":
            return world.call("POST", f"/invoices/{pay}/capture", {}, Idempotency_Key=hook.event_id).status_code
        if hook.event_type == "transaction.captured":
            body = {"amount": "4"}
            return world.call("POST", f"/invoices/{pay}/refunds", body, Idempotency_Key=hook.event_id).status_code
        return 200

    world.reset(seed=20260105)
    world.script("refund", {"fail_after": "3d"})
    with Shop(answer) as shop:
        endpoint(world, shop)
        pay = invoice(world)
        world.post(f"/invoices/{pay}/authorize", {"source": world.card()}, Mockpsp_Gateway="card-flexible")
        ran = world.advance("9d")
    transaction = world.get(f"/invoices/{pay}/transactions")["transaction"]
    return ran, {**transaction, "project_id": None}, world.get("/sandbox/digest")["digest"]


def test_a_shop_that_fails_twice_and_acts_in_its_handler_lives_the_same_life_in_equal_universes(
    world: Sandbox,
) -> None:
    with Sandbox(world.url, "test-proj_elsewhere", "key_test_elsewhere") as elsewhere:
        first, second = life(world), life(elsewhere)

    assert first == second
    ran, transaction, _ = first
    results = Counter((step["what"], step["result"]) for step in ran)  # type: ignore[index]
    assert results["transaction.captured", "failed"] == 2
    assert results["authorization.expire", "moot"] == results["refund.fail", "done"] == 1
    assert (transaction["status"], transaction["refunded_amount"]) == ("completed", "0")
    assert [step["at"] for step in ran] == sorted(step["at"] for step in ran)  # type: ignore[index]


def test_what_is_due_at_one_instant_goes_to_several_receivers_side_by_side(world: Sandbox) -> None:
    together = threading.Barrier(3)

    def meet(hook: Hook) -> int:
        together.wait(PATIENCE_S)
        return 200

    with Shop(meet) as one, Shop(meet) as two, Shop(meet) as three:
        for shop in (one, two, three):
            endpoint(world, shop)
        world.post("/customers")

        ran = world.settle()

    assert [step["result"] for step in ran] == ["delivered"] * 3


def test_one_receiver_gets_one_at_a_time_in_the_order_of_events(world: Sandbox) -> None:
    inside: list[str] = []
    most: list[int] = []

    def count(hook: Hook) -> int:
        inside.append(hook.event_id)
        most.append(len(inside))
        world.get(f"/events/{hook.event_id}")
        inside.remove(hook.event_id)
        return 200

    with Shop(count) as shop:
        endpoint(world, shop)
        paid(world)
        paid(world)
        world.settle()

        listed = [event["id"] for event in world.get("/events?order=asc")["events"]]
        assert [hook.event_id for hook in shop.hooks] == listed
    assert most == [1] * 6


def test_a_receiver_that_hangs_fails_by_its_time_out_and_the_others_have_theirs(world: Sandbox) -> None:
    with Shop() as hanging, Shop() as brisk:
        hanging.answer = hanging.hang
        endpoint(world, hanging)
        endpoint(world, brisk)
        world.post("/customers")

        ran = world.settle()

    assert sorted(step["result"] for step in ran) == ["delivered", "failed"]
    (failed,) = [item for item in deliveries(world) if item["state"] == "pending"]
    assert failed["error"] == "timed out"


def test_the_api_answers_and_a_second_advance_is_refused_while_a_receiver_thinks(world: Sandbox) -> None:
    came, may_answer = threading.Event(), threading.Event()

    def think(hook: Hook) -> int:
        came.set()
        return 200 if may_answer.wait(PATIENCE_S) else 500

    ran: list[object] = []
    with Shop(think) as shop, Sandbox(world.url, *WHO) as other:
        endpoint(world, shop)
        world.post("/customers")
        advance = threading.Thread(target=lambda: ran.extend(other.advance("1d")))
        advance.start()
        assert came.wait(PATIENCE_S)
        read = world.call("GET", "/customers").status_code
        written = world.call("POST", "/cards", {"number": "4242424242424242", "exp_month": 1, "exp_year": 30})
        second = world.call("POST", "/sandbox/clock/advance", {"by": "1d"})
        may_answer.set()
        advance.join(PATIENCE_S)

    assert (read, written.status_code, second.status_code) == (200, 200, 409)
    assert len(ran) == 1
    assert world.get("/sandbox/clock")["clock"]["now"] == "2026-01-02T00:00:00Z"


def test_retries_wait_as_promised_with_a_tenth_of_jitter_the_same_each_time(world: Sandbox) -> None:
    runs = []
    with Shop(lambda hook: 500) as shop:
        for _ in range(2):
            world.reset()
            endpoint(world, shop)
            world.post("/customers")
            world.advance(until="idle")
            (item,) = deliveries(world)
            runs.append([attempt["at"] for attempt in item["attempts"]])  # type: ignore[attr-defined]

    moments = [datetime.fromisoformat(at) for at in runs[0]]
    waits_s = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    assert len(waits_s) == 12
    assert all(abs(wait_s - due_s) <= due_s * 0.1 + 0.001 for wait_s, due_s in zip(waits_s, WAITS_S, strict=True))
    assert waits_s != WAITS_S
    assert runs[0] == runs[1]


def test_an_event_can_be_fetched_while_its_first_delivery_waits_for_an_answer(world: Sandbox) -> None:
    fetched: list[str] = []

    def fetch(hook: Hook) -> int:
        fetched.append(world.get(f"/events/{hook.event_id}")["event"]["name"])
        return 200

    with Shop(fetch) as shop:
        endpoint(world, shop)
        paid(world)
        world.settle()

        assert fetched == shop.names() == ["transaction.requested", "transaction.authorized", "transaction.captured"]


def test_an_endpoint_gets_its_topics_only(world: Sandbox) -> None:
    with Shop() as shop:
        endpoint(world, shop, "transaction.captured")
        paid(world)
        world.settle()

        assert shop.names() == ["transaction.captured"]


def test_an_endpoint_that_answered_410_is_owed_nothing_more(world: Sandbox) -> None:
    with Shop(lambda hook: 410) as shop:
        endpoint(world, shop)
        paid(world)
        world.settle()
        paid(world)
        world.settle()

        assert len(shop.hooks) == 1
    assert [item["state"] for item in deliveries(world)] == ["dead"] * 3


def test_a_redirect_is_not_followed(world: Sandbox) -> None:
    with Shop(lambda hook: 307) as shop:
        endpoint(world, shop)
        world.post("/customers")
        world.settle()

        assert {hook.path for hook in shop.hooks} == {"/hook"}
    assert deliveries(world)[0]["error"] == "redirect not followed"


def test_a_hold_captured_in_the_handler_makes_its_expiry_moot(world: Sandbox) -> None:
    pay = invoice(world)

    def capture(hook: Hook) -> int:
        if hook.event_type == "transaction.authorized":
            return world.call("POST", f"/invoices/{pay}/capture", {}, Idempotency_Key=hook.event_id).status_code
        return 200

    with Shop(capture) as shop:
        endpoint(world, shop)
        world.post(f"/invoices/{pay}/authorize", {"source": world.card()}, Mockpsp_Gateway="card-flexible")
        ran = world.advance("60d")

    assert ("authorization.expire", "moot") in [(step["what"], step["result"]) for step in ran]
    assert world.get(f"/invoices/{pay}/transactions")["transaction"]["status"] == "completed"


def test_an_event_due_after_the_max_is_not_reached_and_stays_on_the_agenda(world: Sandbox) -> None:
    refund = world.post(f"/transactions/{paid(world)}/refunds", {"amount": "4"})["refund"]["id"]
    world.simulate("refund.fail", refund, after="5d")
    wanted = {"until": {"event": "transaction.operation.refund.failed"}, "max": "4d"}

    answer = world.post("/sandbox/clock/advance", wanted)

    assert (answer["reached"], answer["clock"]["now"]) == (False, "2026-01-05T00:00:00Z")
    assert [item["what"] for item in world.get("/sandbox/agenda")["agenda"]] == ["refund.fail"]


def test_more_than_ten_thousand_steps_are_run_in_several_advances(server: tuple[str, AppState], world: Sandbox) -> None:
    paid(world)
    world.advance(until="idle")
    with server[1].universes.writing(Credentials(*WHO)) as tx:
        (payment_seq,) = tx.conn.execute("SELECT seq FROM payment WHERE project_id = ?", (tx.project.no,)).fetchone()
        effects = [(tx.mint.next(), Effect(EPOCH_MS + 86_400_000 * 9, ExpireAuthorization())) for _ in range(10_005)]
        agenda.insert_effects(tx.conn, tx.project.no, payment_seq, effects)

    first = world.post("/sandbox/clock/advance", {"to": "2026-01-31T00:00:00Z"})
    second = world.post("/sandbox/clock/advance", {"to": "2026-01-31T00:00:00Z"})

    assert (len(first["ran"]), first["more"], first["clock"]["now"]) == (MAX_STEPS, True, "2026-01-10T00:00:00Z")
    assert (len(second["ran"]), second["more"], second["clock"]["now"]) == (5, False, "2026-01-31T00:00:00Z")


def test_many_universes_advance_at_once_and_their_receivers_still_get_through(server: tuple[str, AppState]) -> None:
    universes = [Sandbox(server[0], f"test-proj_many-{n}", "key_test_many") for n in range(12)]
    everyone = threading.Barrier(12)
    ran: list[str] = []

    def call_back(sandbox: Sandbox) -> Shop:
        def answer(hook: Hook) -> int:
            everyone.wait(PATIENCE_S)
            return sandbox.call("GET", f"/events/{hook.event_id}").status_code

        return Shop(answer)

    shops = [call_back(sandbox) for sandbox in universes]
    for sandbox, shop in zip(universes, shops, strict=True):
        endpoint(sandbox, shop)
        sandbox.post("/customers")
    threads = [
        threading.Thread(target=lambda s=sandbox: ran.extend(x["result"] for x in s.settle())) for sandbox in universes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    for shop, sandbox in zip(shops, universes, strict=True):
        shop.close()
        sandbox.close()

    assert ran == ["delivered"] * 12
