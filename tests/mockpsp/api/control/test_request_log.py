"""What the log of requests keeps in memory."""

import base64
import json
import tracemalloc
from urllib.parse import quote

from mockpsp.config import Settings
from mockpsp.serving.app import create_app

AUTH = ("test-proj_kept", "key_test_kept")
COUNT = 200


def test_an_answer_takes_no_more_memory_than_it_is_long() -> None:
    app = create_app(Settings(db=":memory:"))
    client, state = app.test_client(), app.extensions["mockpsp"]
    for number in range(20):
        body = {"name": f"Order {number}", "amount": "1.00", "currency": "EUR"}
        assert client.post("/invoices", json=body, auth=AUTH).status_code == 200
    client.get("/invoices", auth=AUTH)
    state.calls.clear()

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(COUNT):
        client.get("/invoices?limit=5", auth=AUTH)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    lengths = sum(len(call.answer) for call in state.calls)
    state.close()
    assert len(state.calls) == COUNT
    assert lengths > COUNT * 2_000
    assert grown < 1.5 * lengths


def test_a_wallets_payload_is_not_kept_wherever_it_is_sent() -> None:
    app = create_app(Settings(db=":memory:"))
    client = app.test_client()
    payload = {"paymentData": {"data": "encrypted-one"}, "signedMessage": "encrypted-two", "encryptedMessage": "three"}
    for path in ("/cards", "/invoices", "/customers"):
        client.post(path, json={"name": "Order", "wallet": payload}, auth=AUTH)
        client.post(path, json={"name": "Order", **payload}, auth=AUTH)

    shown = client.get("/sandbox/requests", auth=AUTH).get_data(as_text=True)
    app.extensions["mockpsp"].close()
    assert shown.count("[hidden]") >= 18
    assert "encrypted" not in shown.replace("encryptedMessage", "")


def test_a_wallets_payload_is_not_kept_in_a_text_or_in_the_address() -> None:
    app = create_app(Settings(db=":memory:"))
    client = app.test_client()
    text = json.dumps({"signature": "encrypted-one", "signedMessage": "encrypted-two"})
    packed = base64.b64encode(text.encode()).decode()
    spread = base64.b64encode(json.dumps(json.loads(text), indent=1).encode()).decode()
    client.post("/cards", json={"paymentToken": "encrypted", "applePayResponse": "encrypted"}, auth=AUTH)
    for payload in (text, packed, packed.rstrip("="), spread):
        client.post("/cards", json={"token": payload}, auth=AUTH)
        client.post("/customers/none/tokens", json={"source": payload}, auth=AUTH)
        for name in ("payment_token", "Payment%5Ftoken", "applepay_response[token]", "applepay_response.token"):
            client.post(f"/cards?a=b&{name}={quote(payload)}&c", json={"name": "eyJ"}, auth=AUTH)

    shown = client.get("/sandbox/requests?limit=100", auth=AUTH).get_data(as_text=True)
    app.extensions["mockpsp"].close()
    assert shown.count("[hidden]") == 2 + 4 * (2 + 4)
    assert (
        "encrypted" not in shown
        and packed[:20] not in shown
        and quote(packed)[:20] not in shown
        and spread[:20] not in shown
    )
    assert "?a=b&payment_token=[hidden]&c" in shown and '"name":"eyJ"' in shown.replace(": ", ":")


def test_a_packed_payload_is_known_by_what_is_in_it_whatever_its_blanks() -> None:
    app = create_app(Settings(db=":memory:"))
    client, calls = app.test_client(), app.extensions["mockpsp"].calls
    text = json.dumps({"signature": "encrypted-one", "signedMessage": "encrypted-two"})
    blanks = [base64.b64encode(f"{before}{text}".encode()).decode() for before in (" ", "\n", "\t\r\n  ", "[")]
    packed = blanks[0]
    lines = [
        f" {packed}",
        "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76)),
        f"{packed}\n",
        packed[:-2],
    ]
    others = [
        base64.urlsafe_b64encode(text.encode()).decode(),
        base64.b64encode(packed.encode()).decode(),
        base64.b64encode(text.encode("utf-16")).decode(),
        text.replace("signed", "\\u0073igned").replace('"sig', '"\\u0073ig'),
    ]
    others += [
        json.dumps({"type": "PAYMENT_GATEWAY", "token": packed}),
        base64.b64encode(json.dumps({"token": packed}).encode()).decode(),
        f"data:application/json;base64,{packed}",
        f"the token is {packed} here",
        f"the token is {base64.b64encode(text.ljust(99).encode()).decode()} here",
    ]
    payloads = [*blanks, *lines, *others]
    for payload in payloads:
        client.post("/invoices", json={"name": payload}, auth=AUTH)
        client.post(f"/cards?a=b&note={quote(payload)}&c", json={"name": "Ada"}, auth=AUTH)

    shown = client.get("/sandbox/requests?limit=100", auth=AUTH).json["requests"]
    kept = [str(call.body) + call.path for call in calls]
    app.extensions["mockpsp"].close()
    assert [one["body"] for one in shown[::2]] == [{"name": "[hidden]"}] * len(payloads)
    assert [one["path"] for one in shown[1::2]] == ["/cards?a=b&note=[hidden]&c"] * len(payloads)
    assert not any(payload[:60] in one or quote(payload)[:60] in one for payload in payloads for one in kept)


def test_what_merely_looks_packed_is_kept() -> None:
    app = create_app(Settings(db=":memory:"))
    client = app.test_client()
    texts = [
        "A" * 80,
        base64.b64encode(b'{"order": 1001, "note": "no payload of a wallet at all, only long"}').decode(),
    ]
    for text in texts:
        client.post("/invoices", json={"name": text}, auth=AUTH)

    shown = client.get("/sandbox/requests", auth=AUTH).json["requests"]
    app.extensions["mockpsp"].close()
    assert [one["body"]["name"] for one in shown] == texts
