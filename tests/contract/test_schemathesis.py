"""Schemathesis against the sandbox's own document: whatever is sent, the answer is one the document foretells.

Unknown parameters are ignored by decision, and loosely typed values are taken as text, so what a client may not send
is judged by our own tests (test_bad_input.py), not here.
"""

import base64
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks as built_in

from mockpsp.app import create_app
from mockpsp.config import Settings

USER, SECRET = "test-proj_schemathesis", "key_sandbox_schemathesis"
BASIC = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()

CONFIG = schemathesis.Config.from_dict(
    {
        "auth": {"basic": {"username": USER, "password": SECRET}},
        "generation": {"deterministic": True, "max-examples": 3, "mode": "all"},
        "checks": {"positive_data_acceptance": {"enabled": False}, "negative_data_rejection": {"enabled": False}},
        "seed": 20260105,
    }
)
APP = create_app(Settings(port=0, db=":memory:", clock="manual"))
SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", APP, config=CONFIG)


@SCHEMA.parametrize()
def test_every_answer_is_foretold(case: schemathesis.Case) -> None:
    case.call_and_validate()
