"""Rate limits over HTTP: off by default, per universe, on its own clock, three buckets, never on the control plane."""

import pytest
import requests

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import serving


def limit(mockpsp: Sandbox, **buckets: int) -> None:
    mockpsp.put("/sandbox", {"rate_limit": buckets or "off"})


def stands(answer: requests.Response) -> tuple[int, str | None, str | None, str | None]:
    names = ("x-ratelimit", "x-ratelimit-remaining", "retry-after")
    return (answer.status_code, *(answer.headers.get(name) for name in names))


def test_there_is_no_limit_unless_one_is_set(mockpsp: Sandbox) -> None:
    answers = {stands(mockpsp.call("GET", "/customers")) for _ in range(30)}

    assert answers == {(200, None, None, None)}
    assert mockpsp.get("/sandbox")["universe"]["rate_limit"] == "off"


def test_over_the_limit_is_429_until_the_universes_time_has_passed(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=2)

    answers = [mockpsp.call("GET", "/customers") for _ in range(3)]

    assert [stands(answer) for answer in answers] == [
        (200, "2", "1", None),
        (200, "2", "0", None),
        (429, "2", "0", "30"),
    ]
    assert answers[2].json()["error_type"] == "request.rate.exceeded"
    mockpsp.advance("29s")
    assert stands(mockpsp.call("GET", "/customers")) == (429, "2", "0", "1")
    mockpsp.advance("1s")
    assert stands(mockpsp.call("GET", "/customers")) == (200, "2", "0", None)


def test_a_request_over_the_limit_changes_nothing(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=1)
    mockpsp.post("/customers")
    before = mockpsp.get("/sandbox/digest")

    assert mockpsp.call("POST", "/customers", {}, Idempotency_Key="a").status_code == 429

    assert mockpsp.get("/sandbox/digest") == before
    mockpsp.advance("1m")
    assert mockpsp.call("POST", "/customers", {}, Idempotency_Key="a").status_code == 200


def test_reading_events_has_a_bucket_of_its_own(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers")
    event = mockpsp.get("/events")["events"][0]["id"]
    limit(mockpsp, primary=1, secondary=2)

    codes = [mockpsp.call("GET", path).status_code for path in ("/events", f"/events/{event}", "/events")]

    assert codes == [200, 200, 429]
    assert mockpsp.call("GET", f"/events/{event}/webhooks").status_code == 200
    assert mockpsp.call("GET", "/customers").status_code == 429


def test_the_sandboxs_bucket_counts_them_all_and_a_refused_request_counts_nowhere(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=1, sandbox=3)

    codes = [mockpsp.call("GET", path).status_code for path in ("/cards", "/cards", "/events", "/events", "/events")]

    assert codes == [200, 429, 200, 200, 429]


def test_refusals_count_and_tell_where_the_limit_stands(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=2)

    assert stands(mockpsp.call("GET", "/customers/cust_x")) == (404, "2", "1", None)
    assert stands(mockpsp.call("POST", "/invoices", {})) == (400, "2", "0", None)
    assert mockpsp.call("POST", "/invoices", {}).status_code == 429


def test_the_control_plane_is_never_limited(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=1, secondary=1, sandbox=1)
    mockpsp.get("/customers")

    assert {stands(mockpsp.call("GET", "/sandbox/clock")) for _ in range(5)} == {(200, None, None, None)}
    assert mockpsp.get("/sandbox")["universe"]["rate_limit"] == {"primary": 1, "secondary": 1, "sandbox": 1}


def test_other_universes_have_limits_of_their_own(mockpsp: Sandbox) -> None:
    limit(mockpsp, primary=1)
    with Sandbox(mockpsp.url, mockpsp.project_id + "-2", mockpsp.secret) as other:
        other.reset()
        mockpsp.get("/customers")

        assert stands(other.call("GET", "/customers")) == (200, None, None, None)
        limit(other, primary=1)
        assert other.call("GET", "/customers").status_code == 200


@pytest.mark.parametrize("how", ["reset", "off", "another"])
def test_a_reset_or_another_limit_starts_anew(mockpsp: Sandbox, how: str) -> None:
    limit(mockpsp, primary=1)
    mockpsp.get("/customers")
    if how == "reset":
        mockpsp.reset()
    else:
        limit(mockpsp, **({} if how == "off" else {"primary": 5}))

    assert mockpsp.call("GET", "/customers").status_code == 200
    assert mockpsp.get("/sandbox")["universe"]["rate_limit"] == ({"primary": 5} if how == "another" else "off")


@pytest.mark.parametrize(
    "bad", [0, "on", {"primary": 0}, {"primary": "x"}, {"tertiary": 1}, {"primary": 10**9}, [], {"primary": True}]
)
def test_what_is_no_limit_is_refused(mockpsp: Sandbox, bad: object) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("PUT", "/sandbox", {"rate_limit": bad})

    assert answer.status_code == 400
    assert "rate_limit" in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


def test_on_real_time_a_minute_of_the_wall_counts_and_so_does_an_advance() -> None:
    settings = Settings(db=":memory:", clock="wall")
    with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as wall:
        limit(wall, primary=1)

        assert [wall.call("GET", "/customers").status_code for _ in range(2)] == [200, 429]
        wall.advance("1m")
        assert wall.call("GET", "/customers").status_code == 200
