"""Schemathesis against the sandbox's own document: whatever is sent, the answer is one the document foretells.

Unknown parameters are ignored by decision, and loosely typed values are taken as text, so what a client may not send
is judged by our own tests (test_bad_input.py), not here.
"""

import base64
import copy
import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.failures import FailureGroup

from mockpsp.api.described.objects import objects
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

pytestmark = pytest.mark.slow

USER, SECRET = "test-proj_schemathesis", "key_sandbox_schemathesis"
BASIC = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035}

STEPS = 16
CHECKS = {name: {"enabled": False} for name in ("positive_data_acceptance", "negative_data_rejection")}
CONFIG: dict[str, Any] = {
    "seed": 20260105,
    "auth": {"basic": {"username": USER, "password": SECRET}},
    "generation": {"deterministic": True, "max-examples": 3},
    "phases": {"coverage": {"generation": {"mode": "positive"}}},
    "checks": CHECKS,
}
#: For lives: along our own links only, with what the document allows, by the right user.
LINKED: dict[str, Any] = {
    **CONFIG,
    "generation": {"deterministic": True, "mode": "positive", "with-security-parameters": False},
    "phases": {"stateful": {"max-steps": STEPS, "inference": {"algorithms": []}}},
}
#: Words that no generator guesses, by the name of their field.
GUIDED: dict[str, Any] = {
    "currency": {"const": "EUR"},
    "amount": {"enum": ["2", "12.25"]},
    "capture_amount": {"enum": ["1", "2.5"]},
    "number": {"const": "4242424242424242"},
    "exp_month": {"const": 12},
    "exp_year": {"const": 2035},
    "reason": {"enum": ["fraud", "duplicate"]},
    "incremental": {"type": "boolean"},
    "name": {"enum": ["Order", "Ticket"]},
    "email": {"const": "a@example.com"},
    "description": {"enum": ["first", "second"]},
}

APP = create_app(Settings(port=0, db=":memory:", clock="manual"))
SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", APP, config=schemathesis.Config.from_dict(CONFIG))


def guided(document: dict[str, Any]) -> dict[str, Any]:
    """The document with bodies of nothing but guided fields, without queries, the control plane and plain lists."""
    found = copy.deepcopy(document)
    for name, schema in found["components"]["schemas"].items():
        if name not in objects() and "properties" in schema:
            kept = {field: GUIDED[field] for field in schema.get("properties", {}) if field in GUIDED}
            schema |= {"properties": kept, "required": list(kept), "additionalProperties": False}
    makers = ("/customers", "/cards", "/invoices", "/products")
    for path, operations in list(found["paths"].items()):
        if path.startswith("/sandbox") or ("{" not in path and path not in makers):
            del found["paths"][path]
            continue
        if path in makers:
            del operations["get"]
        for operation in operations.values():
            operation["parameters"] = [one for one in operation["parameters"] if one.get("in") == "path"]
    return found


WORLD = schemathesis.openapi.from_dict(guided(SCHEMA.raw_schema), config=schemathesis.Config.from_dict(LINKED))
WORLD.app = APP


#: Some of what lives come to, and of what they find gone after they deleted it; which of it changes with the document.
PAID = {"POST /invoices/{invoice_id}/authorize", "POST /invoices/{invoice_id}/capture"}
GONE = {"GET /customers/{customer_id}", "GET /products/{product_id}", "GET /cards/{card_id}"}
REACHED_MIN = 15


@SCHEMA.parametrize()
def test_every_answer_is_foretold(case: schemathesis.Case) -> None:
    case.call_and_validate()


class Life(WORLD.as_state_machine()):  # type: ignore[misc]
    """Walks along the document's links: what was made is shown, changed, paid, given back, deleted, and then gone."""

    seen: Counter[tuple[str, int]] = Counter()

    def setup(self) -> None:
        """Begin each life in the same empty world, so that ids repeat and a failure can be had again."""
        calls("POST", "/sandbox/reset", {})

    def before_call(self, case: schemathesis.Case) -> None:
        """Name what the link does not lead to: a card that has not paid yet, a customer."""
        path, body = case.operation.path, case.body
        if case.method == "POST" and path.endswith(("/authorize", "/capture", "/tokens")) and isinstance(body, dict):
            body["source"] = calls("POST", "/cards", CARD)["card"]["id"]
        elif case.method == "POST" and path == "/invoices/{invoice_id}/customers":
            case.body = {"customer_id": calls("POST", "/customers", {})["customer"]["id"]}

    def after_call(self, response: schemathesis.Response, case: schemathesis.Case) -> None:
        """Keep count of what was reached."""
        super().after_call(response, case)
        self.seen[f"{case.method} {case.operation.path}", response.status_code] += 1


def calls(method: str, path: str, body: dict[str, Any]) -> Any:
    """A request beside those under test."""
    client: FlaskClient = APP.test_client()
    return json.loads(client.open(path, method=method, json=body, headers={"Authorization": BASIC}).data)


def test_lives_along_the_links_hold_no_surprise_and_reach_far() -> None:
    quiet = settings(
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    # Which ways are walked changes with the document, so few lives may miss some: then more are lived.
    for count in (40, 80, 160):
        Life.run(settings=settings(quiet, max_examples=count))
        reached = {where for where, status in Life.seen if status == 200}
        gone = {where for where, status in Life.seen if status == 404}
        if len(reached) >= REACHED_MIN and reached & PAID and gone & GONE:
            return

    pytest.fail(f"lives reached {sorted(reached)} and found gone {sorted(gone & GONE)}")


def test_a_door_left_open_is_noticed() -> None:
    def opened(environ: dict[str, Any], start_response: Any) -> Any:
        return APP.wsgi_app({**environ, "HTTP_AUTHORIZATION": BASIC}, start_response)

    schema = schemathesis.openapi.from_dict(SCHEMA.raw_schema, config=schemathesis.Config.from_dict(CONFIG))
    schema.app = opened

    with pytest.raises(FailureGroup, match=r"(?i)auth"):
        schema["/customers"]["GET"].Case().call_and_validate()
