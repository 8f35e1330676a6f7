"""Endpoints in the dialects of PSPs: what may be chosen, what is shown of it, and how secrets are replaced."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.replaying.receiver import Receiver
from mockpsp.webhooks import asymmetric, dialects, errors
from tests.mockpsp.worlds import serving

URL = "http://127.0.0.1:9/"
ENDPOINTS = "/sandbox/webhook-endpoints"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Settings(port=0, db=":memory:", clock="manual")) as (url, _):
        yield url


@pytest.fixture
def sandbox(server: str) -> Iterator[Sandbox]:
    with Sandbox(server, "test-proj_schemes", "key_test_schemes") as sandbox:
        sandbox.reset()
        yield sandbox


def made(sandbox: Sandbox, **words: str) -> dict[str, Any]:
    return dict(sandbox.post(ENDPOINTS, {"url": URL, **words})["webhook_endpoint"])


def refusal(sandbox: Sandbox, path: str = ENDPOINTS, **words: str) -> str:
    answer = sandbox.call("POST", path, words if "rotate" in path else {"url": URL, **words})
    assert answer.status_code == 400
    return str(answer.json()["message"])


def told(sandbox: Sandbox) -> None:
    """Something happens that every endpoint hears of."""
    sandbox.post("/customers")


def test_an_endpoint_is_of_the_standard_unless_it_says_otherwise(sandbox: Sandbox) -> None:
    endpoint = made(sandbox)

    assert (endpoint["scheme"], endpoint["key"], endpoint["body"]) == ("standard", "decoded", "thin")
    assert endpoint["secret"] == sandbox.get("/sandbox")["universe"]["webhook_secret"]


@pytest.mark.parametrize("scheme", [scheme for scheme in dialects.SCHEMES if scheme != "standard"])
def test_an_endpoint_shows_its_scheme_and_has_a_secret_of_its_form(sandbox: Sandbox, scheme: str) -> None:
    endpoint = made(sandbox, scheme=scheme)

    assert endpoint["scheme"] == scheme and "key" not in endpoint
    assert endpoint["body"] == ("dialect" if scheme in ("adyen", "braintree") else "thin")
    dialects.check_secret(scheme, endpoint["secret"] or "")
    assert (endpoint["secret"] is None) == (scheme == "none")
    (shown,) = sandbox.get(ENDPOINTS)["webhook_endpoints"]
    assert shown == {**endpoint, "secret": None}


@pytest.mark.parametrize("scheme", dialects.SCHEMES)
def test_a_secret_comes_from_the_seed(sandbox: Sandbox, scheme: str) -> None:
    first = made(sandbox, scheme=scheme)["secret"]
    sandbox.reset()

    assert made(sandbox, scheme=scheme)["secret"] == first


def test_an_asymmetric_endpoint_shows_the_public_key(sandbox: Sandbox) -> None:
    endpoint = made(sandbox, key="ed25519")

    assert endpoint["public_key"] == asymmetric.ed25519_public(endpoint["secret"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"scheme": "strip"}, "did you mean 'stripe'?"),
        ({"scheme": "standard-webhooks"}, "did you mean 'standard'?"),
        ({"scheme": "x"}, "standard, stripe, square"),
        ({"key": "txt"}, "did you mean 'text'?"),
        ({"scheme": "stripe", "key": "text"}, "only standard has several"),
        ({"scheme": "adyen", "body": "thin"}, "adyen signs inside its own body"),
        ({"scheme": "braintree", "body": "thin"}, "braintree signs inside its own body"),
        ({"scheme": "none", "body": "dialect"}, "none has no body of its own"),
        ({"scheme": "adyen", "secret": "whsec_abc"}, "64 hex digits"),
        ({"scheme": "stripe", "secret": "abc"}, "`whsec_` and visible"),
        ({"secret": "whsec_test_secret"}, "must be base64"),
        ({"key": "ed25519", "secret": "whsec_test_secret"}, "whsk_"),
        ({"scheme": "none", "secret": "abc"}, "leave the secret out"),
    ],
)
def test_what_does_not_go_together_is_refused(sandbox: Sandbox, words: dict[str, str], message: str) -> None:
    assert message in refusal(sandbox, **words)
    assert sandbox.get(ENDPOINTS)["webhook_endpoints"] == []


@pytest.mark.parametrize("scheme", ["paypal", "none"])
def test_what_has_no_secret_to_rotate_is_not_rotated(sandbox: Sandbox, scheme: str) -> None:
    endpoint = made(sandbox, scheme=scheme)

    assert "no secret to rotate" in refusal(sandbox, f"{ENDPOINTS}/{endpoint['id']}/rotate", secret="another")


def test_a_new_secret_must_be_of_the_schemes_form(sandbox: Sandbox) -> None:
    endpoint = made(sandbox, scheme="adyen")

    assert "64 hex digits" in refusal(sandbox, f"{ENDPOINTS}/{endpoint['id']}/rotate", secret="whsec_abc")


def rotated(sandbox: Sandbox, receiver: Receiver, dialect: str) -> tuple[str, str]:
    """The old secret and the new one."""
    (endpoint,) = sandbox.get(ENDPOINTS)["webhook_endpoints"]
    old = str(receiver.secret)
    new = dialects.wrong_secret(dialect, old)
    sandbox.post(f"{ENDPOINTS}/{endpoint['id']}/rotate", {"secret": new})
    return old, new


def is_genuine(receiver: Receiver, index: int, dialect: str, secret: str) -> bool:
    one = receiver.received()[index]
    try:
        dialects.verify(dialect, secret, one.headers, one.body, url=receiver.url, now_s=0, tolerance_s=1 << 40)
    except errors.WrongSignature:
        return False
    return True


@pytest.mark.parametrize(
    "dialect",
    [name for name, row in dialects.DIALECTS.items() if row.rotation is not dialects.Rotation.NEVER],
)
def test_while_a_secret_is_rotated_the_old_one_signs_what_the_table_says(sandbox: Sandbox, dialect: str) -> None:
    scheme, key = dialects.scheme_of(dialect)
    receiver = sandbox.webhooks((500, 200), scheme=scheme, **({"key": key} if key else {}))
    told(sandbox)
    sandbox.settle()
    old, new = rotated(sandbox, receiver, dialect)
    told(sandbox)
    sandbox.settle()
    sandbox.advance("5s")

    first, before_retried, after = 0, 2, 1
    assert len(receiver.received()) == 4 and is_genuine(receiver, first, dialect, old)
    signs = {
        secret: (is_genuine(receiver, before_retried, dialect, secret), is_genuine(receiver, after, dialect, secret))
        for secret in (old, new)
    }
    both = dialects.DIALECTS[dialect].rotation is dialects.Rotation.BOTH
    keeps = dialects.DIALECTS[dialect].rotation is dialects.Rotation.BY_MESSAGE
    assert signs == {old: (both or keeps, both), new: (not keeps, True)}


def test_worldpay_counts_its_secrets(sandbox: Sandbox) -> None:
    receiver = sandbox.webhooks(scheme="worldpay")
    rotated(sandbox, receiver, "worldpay")
    told(sandbox)
    sandbox.settle()

    value = receiver.received()[0].headers["event-signature"]
    assert [part.rpartition("/")[0] for part in value.split(",")] == ["2/SHA256", "1/SHA256"]


def test_the_certificate_is_where_the_webhook_says_and_needs_no_credentials(sandbox: Sandbox) -> None:
    receiver = sandbox.webhooks(scheme="paypal")
    told(sandbox)
    sandbox.settle()

    url = receiver.received()[0].headers["paypal-cert-url"]
    answer = requests.get(url, timeout=10)
    assert url == f"{sandbox.url}/sandbox/certificate.pem"
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-pem-file")
    assert b"BEGIN CERTIFICATE" in answer.content and b"PRIVATE" not in answer.content


def test_each_endpoint_gets_the_same_event_in_its_own_dialect(sandbox: Sandbox) -> None:
    ours, theirs = sandbox.webhooks(), sandbox.webhooks(scheme="stripe", body="dialect")
    told(sandbox)
    sandbox.settle()

    thin, fat = (json.loads(receiver.received()[0].body) for receiver in (ours, theirs))
    assert thin == {"event_id": fat["id"], "event_type": "customer.created"}
    assert (fat["object"], fat["type"]) == ("event", "customer.created")


def test_a_universe_is_the_same_whatever_the_certificates_address(server: str, sandbox: Sandbox) -> None:
    digests = set()
    for url in (server, server.replace("127.0.0.1", "localhost")):
        with Sandbox(url, "test-proj_schemes", "key_test_schemes") as other:
            other.reset()
            made(other, scheme="paypal")
            digests.add(other.get("/sandbox/digest")["digest"])

    assert len(digests) == 1
