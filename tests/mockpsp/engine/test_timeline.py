"""Virtual time: one total order of effects and deliveries, receivers that call back, and honest ends."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox, SandboxError
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server
from tests.mockpsp.worlds import serving

FAILED = "transaction.operation.refund.failed"


class Hook:
    """A receiver that runs a function for each call and answers the status it returns."""

    def __init__(self, decide: Callable[[dict[str, Any]], int]) -> None:
        hook = self
        self.bodies: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                hook.bodies.append(body)
                status = decide(body)
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hooks() -> Iterator[Callable[[Callable[[dict[str, Any]], int]], Hook]]:
    made: list[Hook] = []

    def make(decide: Callable[[dict[str, Any]], int]) -> Hook:
        made.append(Hook(decide))
        return made[-1]

    yield make
    for hook in made:
        hook.close()


def paid(mockpsp: Sandbox, **more: object) -> str:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR", **more})["invoice"]["id"]
    return str(mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]["id"])


def refunded(mockpsp: Sandbox, transaction: str, amount: str = "4") -> str:
    return str(mockpsp.post(f"/transactions/{transaction}/refunds", {"amount": amount})["refund"]["id"])


def life_with_callbacks(mockpsp: Sandbox, hooks: Any) -> tuple[list[Any], str]:
    """A receiver that fails twice, then fetches the event and refunds what was captured, from inside its handler."""
    seen: list[int] = []

    def answers_with(body: dict[str, Any]) -> int:
        if body["event_type"] != "transaction.captured":
            return 200
        seen.append(1)
        if len(seen) <= 2:
            return 500
        event = mockpsp.get(f"/events/{body['event_id']}")["event"]
        mockpsp.post(f"/transactions/{event['data']['transaction']['id']}/refunds", {"amount": "4"})
        return 200

    mockpsp.reset(seed=7)
    mockpsp.script("refund", {"fail_after": "1d"})
    mockpsp.post("/sandbox/webhook-endpoints", {"url": hooks(answers_with).url})
    paid(mockpsp)
    return mockpsp.advance("3d"), str(mockpsp.get("/sandbox/digest")["digest"])


def test_a_receiver_that_fails_twice_and_calls_back_leaves_the_same_world_each_time(
    mockpsp: Sandbox, hooks: Any
) -> None:
    first, first_digest = life_with_callbacks(mockpsp, hooks)
    second, second_digest = life_with_callbacks(mockpsp, hooks)

    assert first == second
    assert first_digest == second_digest
    whats = [(step["kind"], step["what"], step["result"]) for step in first]
    assert whats.count(("delivery", "transaction.captured", "failed")) == 2
    assert ("effect", "refund.fail", "done") in whats
    assert whats[-1] == ("effect", "capture.settle", "done")


def test_effects_go_before_deliveries_at_one_instant(mockpsp: Sandbox, hooks: Any) -> None:
    mockpsp.post("/sandbox/webhook-endpoints", {"url": hooks(lambda body: 200).url})
    refund = refunded(mockpsp, paid(mockpsp))
    mockpsp.simulate("refund.fail", refund, after="0s")

    kinds = [step["kind"] for step in mockpsp.settle()]

    assert kinds == ["effect"] + ["delivery"] * 5


def test_a_second_advance_meanwhile_is_refused_even_from_a_handler(mockpsp: Sandbox, hooks: Any) -> None:
    answers: list[int] = []

    def answers_with(body: dict[str, Any]) -> int:
        answers.append(mockpsp.call("POST", "/sandbox/clock/advance", {"by": "1d"}).status_code)
        answers.append(mockpsp.call("POST", "/sandbox/settle", {}).status_code)
        return 200

    mockpsp.post("/sandbox/webhook-endpoints", {"url": hooks(answers_with).url})
    mockpsp.post("/customers")

    mockpsp.settle()

    assert answers == [409, 409]


def test_until_an_event_stops_after_its_first_deliveries(mockpsp: Sandbox, hooks: Any) -> None:
    hook = hooks(lambda body: 200)
    mockpsp.post("/sandbox/webhook-endpoints", {"url": hook.url, "topics": [FAILED]})
    mockpsp.simulate("refund.fail", refunded(mockpsp, paid(mockpsp)), after="3d")

    answer = mockpsp.post("/sandbox/clock/advance", {"until": {"event": FAILED}, "max": "9d"})

    assert answer["reached"] is True
    assert answer["clock"]["now"] == "2026-01-04T00:00:00Z"
    assert [body["event_type"] for body in hook.bodies] == [FAILED]


def test_an_event_that_does_not_come_is_not_reached(mockpsp: Sandbox) -> None:
    answer = mockpsp.post("/sandbox/clock/advance", {"until": {"event": FAILED}, "max": "2d"})

    assert (answer["reached"], answer["clock"]["now"]) == (False, "2026-01-03T00:00:00Z")


def test_until_idle_stands_still_at_the_last_thing_due(mockpsp: Sandbox) -> None:
    paid(mockpsp)

    mockpsp.advance(until="idle")

    assert mockpsp.get("/sandbox/clock")["clock"]["now"] == "2026-01-03T00:00:00Z"
    assert mockpsp.get("/sandbox/agenda")["agenda"] == []


def test_time_never_goes_back(mockpsp: Sandbox) -> None:
    mockpsp.advance(to="2026-02-01T00:00:00Z")

    for route, body in (("clock/advance", {"to": "2026-01-31T23:59:59Z"}), ("clock", {"now": "2025-01-01T00:00:00Z"})):
        method = "POST" if route == "clock/advance" else "PUT"
        assert mockpsp.call(method, f"/sandbox/{route}", body).status_code == 400
    assert mockpsp.get("/sandbox/clock")["clock"]["now"] == "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    "body", [{}, {"by": "1d", "to": "2027-01-01T00:00:00Z"}, {"until": "soon"}, {"by": "1d", "max": "1d"}]
)
def test_an_advance_that_does_not_say_how_far_is_refused(mockpsp: Sandbox, body: dict[str, object]) -> None:
    assert mockpsp.call("POST", "/sandbox/clock/advance", body).status_code == 400


def test_time_ends_before_moments_can_no_longer_be_written(mockpsp: Sandbox) -> None:
    mockpsp.reset(clock="9899-01-01T00:00:00Z")

    answers = [
        mockpsp.call("POST", "/sandbox/clock/advance", {"by": "520w"}),
        mockpsp.call("POST", "/sandbox/clock/advance", {"to": "9999-01-01T00:00:00Z"}),
        mockpsp.call("POST", "/sandbox/settle", {"max": "520w"}),
        mockpsp.call("POST", "/sandbox/reset", {"clock": "9999-12-31T23:00:00Z"}),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert mockpsp.get("/sandbox/clock")["clock"]["now"] == "9899-01-01T00:00:00Z"


def test_an_effect_out_of_date_is_moot_and_changes_nothing(mockpsp: Sandbox) -> None:
    refund = refunded(mockpsp, paid(mockpsp))
    mockpsp.simulate("refund.fail", refund, after="1d")
    mockpsp.simulate("refund.fail", refund, after="1d")

    results = [step["result"] for step in mockpsp.advance("1d")]

    assert results == ["done", "moot"]


def test_twelve_retries_on_the_virtual_clock_then_a_dead_letter(mockpsp: Sandbox, hooks: Any) -> None:
    hook = hooks(lambda body: 503)
    mockpsp.post("/sandbox/webhook-endpoints", {"url": hook.url})
    mockpsp.post("/customers")

    mockpsp.advance("4d")

    (delivery,) = mockpsp.get("/sandbox/deliveries")["deliveries"]
    assert delivery["state"] == "dead"
    assert len(delivery["attempts"]) == len(hook.bodies) == 13


@pytest.mark.parametrize(("status", "state"), [(302, "pending"), (204, "delivered"), (410, "dead")])
def test_redirects_fail_and_410_switches_the_endpoint_off(
    mockpsp: Sandbox, hooks: Any, status: int, state: str
) -> None:
    hook = hooks(lambda body: status)
    endpoint = mockpsp.post("/sandbox/webhook-endpoints", {"url": hook.url})["webhook_endpoint"]["id"]
    mockpsp.post("/customers")

    mockpsp.settle()

    assert mockpsp.get("/sandbox/deliveries")["deliveries"][0]["state"] == state
    shown = mockpsp.get(f"/sandbox/webhook-endpoints/{endpoint}")["webhook_endpoint"]
    assert (shown["state"], shown["secret"]) == ("disabled" if status == 410 else "enabled", None)


def test_the_invoices_own_address_gets_its_events_signed(mockpsp: Sandbox) -> None:
    inbox = mockpsp.webhooks(topics=["product.created"])
    inbox.secret = mockpsp.get("/sandbox")["universe"]["webhook_secret"]
    paid(mockpsp, webhook_url=inbox.url)
    paid(mockpsp)

    mockpsp.settle()

    assert [received.signature for received in inbox.received()] == ["valid"] * 3


def test_an_address_elsewhere_is_accepted_and_its_deliveries_are_dead(mockpsp: Sandbox) -> None:
    mockpsp.post("/sandbox/webhook-endpoints", {"url": "https://example.com/hook"})
    mockpsp.post("/customers")

    mockpsp.settle()

    (delivery,) = mockpsp.get("/sandbox/deliveries")["deliveries"]
    assert (delivery["state"], delivery["error"]) == ("dead", "host not allowed")


def test_a_dead_letter_can_be_sent_again(mockpsp: Sandbox) -> None:
    answers = [500] * 13 + [200]
    inbox = mockpsp.webhooks(tuple(answers))
    mockpsp.post("/customers")
    mockpsp.advance("4d")
    (dead,) = mockpsp.get("/sandbox/deliveries?state=dead")["deliveries"]

    mockpsp.post(f"/sandbox/deliveries/{dead['id']}/retry")
    mockpsp.settle()

    assert mockpsp.get("/sandbox/deliveries")["deliveries"][0]["state"] == "delivered"
    assert len({received.webhook_id for received in inbox.received()}) == 1


def test_settle_waits_for_the_calls_a_receiver_makes_after_it_answered(mockpsp: Sandbox, hooks: Any) -> None:
    later: list[threading.Thread] = []

    def answers_with(body: dict[str, Any]) -> int:
        if body["event_type"] == "transaction.captured":
            event = mockpsp.get(f"/events/{body['event_id']}")["event"]["data"]["transaction"]["id"]
            later.append(threading.Thread(target=refunded, args=(mockpsp, event)))
            later[-1].start()
        return 200

    mockpsp.post("/sandbox/webhook-endpoints", {"url": hooks(answers_with).url})
    transaction = paid(mockpsp)

    whats = [step["what"] for step in mockpsp.settle(quiet_ms=500)]

    assert whats[-1] == "transaction.refunded"
    assert mockpsp.get(f"/transactions/{transaction}")["transaction"]["refunded_amount"] == "4"
    later[0].join()


def test_a_reset_during_an_advance_drops_what_was_owed(mockpsp: Sandbox, hooks: Any) -> None:
    hook = hooks(lambda body: mockpsp.call("POST", "/sandbox/reset", {}).status_code)
    mockpsp.post("/sandbox/webhook-endpoints", {"url": hook.url})
    mockpsp.post("/customers")
    mockpsp.post("/customers")

    assert mockpsp.settle() == []

    assert len(hook.bodies) == 1
    assert mockpsp.get("/sandbox/deliveries")["deliveries"] == []


def test_a_reset_keeps_secret_and_seed_so_ids_repeat(mockpsp: Sandbox) -> None:
    first = mockpsp.post("/customers")["customer"]["id"]
    mockpsp.reset()
    assert mockpsp.post("/customers")["customer"]["id"] == first

    mockpsp.reset(seed=99)

    assert mockpsp.post("/customers")["customer"]["id"] != first


def test_a_hanging_receiver_holds_up_neither_other_receivers_nor_answers() -> None:
    settings = Settings(port=0, db=":memory:", clock="wall", receiver_timeout_ms=3_000)
    app = create_app(settings)
    server = Server(app, settings)
    server.start()
    with Sandbox(server.url, "test-proj_hang", "key_test_hang") as sandbox:
        hanging, brisk = sandbox.webhooks(), sandbox.webhooks()
        hanging.hold()
        paid(sandbox)

        assert brisk.arrived(3, within_s=2)
        assert hanging.arrived(1)
        assert len(hanging.received()) == 1
        answered = requests.get(f"{server.url}/customers", auth=(sandbox.project_id, sandbox.secret), timeout=2)
        assert answered.status_code == 200
        hanging.release()
    server.stop()
    app.extensions["mockpsp"].close()


def test_an_unknown_delivery_is_not_found(mockpsp: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"404 resource\.delivery\.not-found"):
        mockpsp.post("/sandbox/deliveries/wbk_nothing/retry")


@pytest.mark.parametrize("clock", ["manual", "wall"])
def test_a_file_whose_delivery_has_lost_its_endpoint_holds_up_nobody(clock: str) -> None:
    settings = Settings(db=":memory:", clock="manual")
    with serving(settings) as (url, state), Sandbox(url, "test-proj_lost", "key_test_lost") as sandbox:
        sandbox.webhooks()
        sandbox.post("/customers")
        with state.database.writing() as conn:
            conn.execute("DELETE FROM webhook_endpoint")

        sandbox.put("/sandbox/clock", {"mode": clock})

        assert sandbox.call("POST", "/sandbox/clock/advance", {"by": "1d"}).status_code == 500
        assert sandbox.get("/healthz")["ok"]
