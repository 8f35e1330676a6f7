"""A small shop as its developers would write it: a plain Flask application that gets webhooks and calls the API.

It knows nothing of stories. Told that a payment was captured, it asks the API what was paid before it counts the order
as paid; who wants an order's shipping back is refunded. It verifies what it is told with its own copy of the secret.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from flask import Flask, Response, jsonify, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.serving import make_server

SHIPPING = "4.90"
_TIMEOUT_S = 20


def shop(*, api: str, project_id: str, secret: str, webhook_secret: str) -> Flask:
    """The application, on the API at that address."""
    app = Flask("example_shop")
    orders: dict[str, dict[str, str]] = {}
    told: set[str] = set()

    def ask(method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        auth = (project_id, secret)
        answer = requests.request(method, api + path, json=body, auth=auth, headers=headers, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return dict(answer.json())

    @app.post("/webhooks")
    def webhooks() -> Response:
        try:
            Webhook(webhook_secret).verify(request.data, dict(request.headers))
        except WebhookVerificationError:
            return Response(status=401)
        event_id, event = request.json["event_id"], request.json["event_type"]
        if event_id not in told and event == "transaction.captured":
            data = ask("GET", f"/events/{event_id}")["event"]["data"]["transaction"]
            paid = ask("GET", f"/transactions/{data['id']}")["transaction"]
            orders[paid["id"]] = {"paid": paid["captured_amount"], "currency": paid["currency"]}
        told.add(event_id)
        return Response(status=204)

    @app.get("/orders/<transaction>")
    def show(transaction: str) -> tuple[Response, int]:
        found = orders.get(transaction)
        return (jsonify(order=found), 200) if found else (jsonify(error="no such order is paid"), 404)

    @app.post("/orders/<transaction>/shipping-refund")
    def refund(transaction: str) -> Response:
        made = ask(
            "POST",
            f"/transactions/{transaction}/refunds",
            {"amount": SHIPPING, "reason": request.json["reason"]},
            **{"Idempotency-Key": f"shipping-{transaction}"},
        )
        return jsonify(refund=made["refund"]["id"])

    return app


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """Its address, while it runs on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
