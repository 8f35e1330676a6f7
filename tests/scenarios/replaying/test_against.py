"""Stories against an application of one's own: it gets the webhooks, calls the API back, and is called by the story."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockpsp.cli import mockpsp as command
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.loader import load, loads
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.against import Against, passing_on
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.receiver import Receiver
from mockpsp.scenarios.replaying.replay import planned
from mockpsp.scenarios.replaying.runner import run
from mockpsp.webhooks import signing
from tests.scenarios.replaying.example_shop import running, shop

Story = Callable[..., Scenario]
PROJECT, KEY, SECRET = "test-proj_shop", "key_sandbox_shop", "whsec_YS1zaG9wLXRoYXQta2VlcHMtaXRzLXNlY3JldHMh"
EXAMPLE = Path(__file__).with_name("example-shop.yaml")


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with own_application() as application:
        yield application.url


@pytest.fixture
def app(api: str) -> Iterator[Against]:
    with running(shop(api=api, project_id=PROJECT, secret=KEY, webhook_secret=SECRET)) as url:
        yield Against(url, PROJECT, KEY)


def nobody_listens() -> str:
    """An address at which nothing does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_application_is_told_calls_back_and_is_called(api: str, app: Against) -> None:
    result = run(load(EXAMPLE), api, cell={}, against=app)

    assert result.ok, result.differences


def test_the_same_from_the_command_line(api: str, app: Against) -> None:
    told = ["--url", api, "--against", app.url, "--as", f"{PROJECT}:{KEY}", "--json"]

    done = CliRunner().invoke(command, ["replay", str(EXAMPLE), *told])

    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["ok"] is True


def test_what_it_answers_is_what_the_sandbox_gets(api: str, app: Against) -> None:
    wrong = EXAMPLE.read_bytes().replace(SECRET.encode(), signing.secret_from(bytes(24)).encode())

    result = run(loads(wrong, EXAMPLE), api, cell={}, against=app)

    assert result.steps[-1].id == "told"
    assert result.differences[0].where == "body.delivered"
    with Sandbox(api, PROJECT, KEY) as world:
        (delivery,) = world.get("/sandbox/deliveries")["deliveries"]
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [401]


def test_a_relay_passes_everything_on_and_back() -> None:
    with_body = {"content-type": "application/json", "webhook-id": "msg_1", "host": "elsewhere", "x-odd": "a"}
    app = Receiver((503,))
    try:
        reply = passing_on(app.url)(with_body, b'{"a": 1}')
        received = app.received()[0]
    finally:
        app.close()

    assert reply is not None
    assert (reply.status, reply.body) == (503, b"")
    assert received.body == b'{"a": 1}'
    assert (received.headers["webhook-id"], received.headers["x-odd"]) == ("msg_1", "a")
    assert received.headers["host"] in app.url


def test_an_application_that_does_not_listen_takes_nothing(api: str, story: Story) -> None:
    steps = "- {call: POST /customers}\n- {call: POST /sandbox/settle, expect: {body: {delivered: []}}}"
    made = story(steps, "receivers: {shop: {url: app, topics: [customer.created]}}")

    assert run(made, api, cell={}, against=Against(nobody_listens())).ok


def test_a_call_to_one_that_does_not_listen_names_it(api: str, story: Story) -> None:
    url = nobody_listens()

    result = run(story("- call: GET ${app}/orders/1"), api, cell={}, against=Against(url))

    assert f"GET ${{app}}/orders/1: nothing listens at {url}" in result.differences[0].actual


@pytest.mark.parametrize(
    ("steps", "head", "place"),
    [
        ("- call: GET ${app}/orders/1", "", "5"),
        ("- {call: POST /customers, body: {metadata: {a: '${app}'}}}", "", "5"),
        ("- call: POST /customers", "receivers: {shop: {url: app}}", "3:12"),
    ],
)
def test_without_one_the_story_says_what_is_missing(story: Story, steps: str, head: str, place: str) -> None:
    made = story(steps, head)

    with pytest.raises(ScenarioErrors) as raised:
        planned([made])

    assert f"a-story.yaml:{place}" in str(raised.value)
    assert "the story needs your own application: replay it with --against URL" in str(raised.value)
    assert planned([made], against=Against("http://127.0.0.1:5000"))
    assert "replay it with --against URL" in run(made, "http://127.0.0.1:9", cell={}).differences[0].actual


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (["--against", "nonsense"], "--against must be a server's address, such as http://127.0.0.1:5000"),
        (["--as", f"{PROJECT}:{KEY}"], "--as is the universe of an application: it goes with --against"),
        (["--against", "http://127.0.0.1:5000", "--as", "proj_live:key_live_1"], "these credentials look live"),
        (["--against", "http://127.0.0.1:5000", "--as", PROJECT], "no secret key was given"),
        (
            ["webhook-forged", "--against", "http://127.0.0.1:5000"],
            "none of these stories tells or calls an application",
        ),
    ],
)
def test_a_wrong_option_is_told(said: list[str], problem: str) -> None:
    done = CliRunner().invoke(command, ["replay", *said])

    assert done.exit_code == 2
    assert problem in done.output


def test_stories_without_it_run_as_ever_beside_it(api: str, story: Story) -> None:
    assert run(story("- call: POST /customers"), api, cell={}, against=Against(nobody_listens())).ok
