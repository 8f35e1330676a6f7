"""What the log of requests keeps in memory."""

import tracemalloc

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
