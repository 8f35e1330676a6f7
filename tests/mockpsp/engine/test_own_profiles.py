"""An eleventh PSP is one TOML file and nothing else."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockpsp.catalog import CatalogError
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from tests.contract.test_gateway_requests import request, written
from tests.mockpsp.pytest_runs import PYTEST
from tests.mockpsp.worlds import flaws, serving

pytestmark = pytest.mark.slow

ELEVENTH = """
models = ["Acme Payments"]
aliases = ["acme"]
methods = ["carrier_billing", "card"]
currencies = ["EUR"]
partial_capture = "none"
refund = "full"
refund_window = "30d"
settlement_delay = "3d"

[fees.capture]
rate = "1.5%"
fixed = "0.20 EUR"

[sources]
refund = "choice: the carrier's bill can't be changed in part"
"""
PROJECT = ("test-proj_eleventh", "key_sandbox_eleventh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file."""
    made = tmp_path / "psps"
    made.mkdir()
    (made / "eleventh.toml").write_text(ELEVENTH)
    return made


@pytest.fixture
def eleventh(folder: Path) -> Iterator[Sandbox]:
    """A universe on a server that was started with that folder."""
    with serving(Settings(db=":memory:", clock="manual", psps=str(folder))) as (url, state):
        with Sandbox(url, *PROJECT) as sandbox:
            yield sandbox
        with state.database.reading() as conn:
            assert flaws(conn, 1) == []


def invoice(sandbox: Sandbox, currency: str = "EUR") -> str:
    body = {"name": "Order", "amount": "100.00", "currency": currency}
    return str(sandbox.post("/invoices", body)["invoice"]["id"])


def configuration(sandbox: Sandbox) -> dict[str, Any]:
    listed = sandbox.get("/gateway-configurations?limit=100&expand=gateway")["gateway_configurations"]
    return dict(next(one for one in listed if one["gateway_name"] == "eleventh"))


def paid(sandbox: Sandbox, gateway: str = "eleventh") -> str:
    """The transaction of 100.00 EUR, captured."""
    body = {"source": sandbox.card()}
    answer = sandbox.post(f"/invoices/{invoice(sandbox)}/capture", body, Mockpsp_Gateway=gateway)
    assert answer["transaction"]["status"] == "completed"
    return str(answer["transaction"]["id"])


def test_it_is_on_offer_with_its_facts(eleventh: Sandbox) -> None:
    psps = eleventh.get("/sandbox/psps")["psps"]

    assert len(psps) == 14
    assert psps[-1] == eleventh.get("/sandbox/psps/acme")["psp"]
    assert (psps[-1]["name"], psps[-1]["can"]["refund"], psps[-1]["methods"]) == (
        "eleventh",
        "full",
        ["carrier_billing", "card"],
    )


def test_it_has_a_gateway_configuration_that_says_the_same(eleventh: Sandbox) -> None:
    found = configuration(eleventh)

    assert (found["name"], found["enabled"]) == ("eleventh", True)
    assert found["gateway"]["tags"] == ["carrier_billing", "card"]
    assert found["gateway"]["description"] == "simulated; modelled on Acme Payments"


def test_gateways_say_of_it_what_psps_say(eleventh: Sandbox) -> None:
    listed = eleventh.get("/gateways?limit=100&order=asc")["gateways"]

    assert [one["name"] for one in listed] == [one["name"] for one in eleventh.get("/sandbox/psps")["psps"]]
    assert listed[-1] == eleventh.get("/gateways/acme")["gateway"] == configuration(eleventh)["gateway"]
    assert (listed[-1]["tags"], listed[-1]["flows"], listed[-1]["can_refund"]) == (
        ["carrier_billing", "card"],
        ["direct", "redirect"],
        True,
    )


def test_a_payment_there_is_charged_its_fee_and_settles_after_its_delay(eleventh: Sandbox) -> None:
    paid(eleventh)
    assert eleventh.balances()["assets:psp:eleventh:pending"] == {"EUR": "98.30"}

    eleventh.advance("3d")

    assert eleventh.balances()["assets:psp:eleventh:available"] == {"EUR": "98.30"}


def test_a_refund_goes_there_in_full_and_its_refusal_names_the_fact(eleventh: Sandbox) -> None:
    transaction_id = paid(eleventh)

    refused = eleventh.call("POST", f"/transactions/{transaction_id}/refunds", {"amount": "1.00"})
    assert refused.status_code == 400
    assert "eleventh" in refused.json()["message"]
    assert "refund: full" in refused.json()["message"]
    eleventh.post(f"/transactions/{transaction_id}/refunds", {"amount": "100.00"})

    assert eleventh.get(f"/transactions/{transaction_id}")["transaction"]["refunded_amount"] == "100"


def test_a_currency_it_does_not_take_is_refused(eleventh: Sandbox) -> None:
    body = {"source": eleventh.card()}
    refused = eleventh.call("POST", f"/invoices/{invoice(eleventh, 'USD')}/capture", body, Mockpsp_Gateway="eleventh")

    assert refused.status_code == 400
    assert "eleventh does not take USD" in refused.json()["message"]


def test_it_is_reached_by_routing_by_alias_and_by_gateway_request(eleventh: Sandbox) -> None:
    source = written(request("test-valid", gateway_configuration_id=configuration(eleventh)["id"]))
    by_request = eleventh.post(f"/invoices/{invoice(eleventh)}/capture", {"source": source})["transaction"]
    eleventh.put("/sandbox/routing", {"default": "acme"})
    by_default = eleventh.post(f"/invoices/{invoice(eleventh)}/capture", {"source": eleventh.card()})["transaction"]

    assert by_request["payment_type"] == "carrier_billing"
    assert (
        by_request["gateway_configuration_id"]
        == by_default["gateway_configuration_id"]
        == configuration(eleventh)["id"]
    )


def test_a_psp_of_one_universe_may_be_like_it(eleventh: Sandbox) -> None:
    made = eleventh.put("/sandbox/psps/twelfth", {"like": "acme", "refund": "partial"})["psp"]

    assert (made["can"]["refund"], made["can"]["partial_capture"]) == ("partial", "none")


def test_its_name_can_t_be_taken_in_a_universe(eleventh: Sandbox) -> None:
    refused = eleventh.call("PUT", "/sandbox/psps/eleventh", {"like": "sandbox"})

    assert refused.status_code == 400
    assert "not the name or alias of a known PSP" in refused.json()["message"]


def test_a_file_that_needs_it_is_not_served_without_it(folder: Path, tmp_path: Path) -> None:
    db = str(tmp_path / "kept.db")
    with serving(Settings(db=db, clock="manual", psps=str(folder))) as (url, _), Sandbox(url, *PROJECT) as sandbox:
        paid(sandbox)

    with pytest.raises(CatalogError, match=r"test-proj_eleventh uses the PSP eleventh, .* holds eleventh\.toml"):
        create_app(Settings(db=db, clock="manual"))

    with serving(Settings(db=db, clock="manual", psps=str(folder))) as (url, _), Sandbox(url, *PROJECT) as sandbox:
        sandbox.advance("3d")
        assert sandbox.balances()["assets:psp:eleventh:available"] == {"EUR": "98.30"}


def test_a_file_that_never_met_it_is_served_without_it(folder: Path, tmp_path: Path) -> None:
    db = str(tmp_path / "kept.db")
    with serving(Settings(db=db, clock="manual", psps=str(folder))) as (url, _), Sandbox(url, *PROJECT) as sandbox:
        paid(sandbox, "sandbox")

    with serving(Settings(db=db, clock="manual")) as (url, _), Sandbox(url, *PROJECT) as sandbox:
        assert len(sandbox.get("/sandbox/psps")["psps"]) == 13


def test_the_pytest_plugin_takes_the_folder_from_pytests_configuration(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmockpsp_psps = psps\n")
    (tmp_path / "test_shop.py").write_text(
        'def test_it(mockpsp):\n    assert mockpsp.get("/sandbox/psps/acme")["psp"]["name"] == "eleventh"\n'
    )
    command = [*PYTEST, "-q", str(tmp_path)]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_every_fact_of_every_profile_can_be_given_inline(mockpsp: Sandbox) -> None:
    import tomllib
    from importlib import resources

    from mockpsp.catalog import load_catalog

    for file in (resources.files("mockpsp.catalog") / "psps").iterdir():
        facts = _as_scenarios_write(tomllib.loads(file.read_text(encoding="utf-8")))
        facts["aliases"] = []
        facts.setdefault("fees", {}).setdefault("chargeback", {"rate": "0%"})
        name = file.name.removesuffix(".toml")

        shown = mockpsp.put(f"/sandbox/psps/own-{name}", {"like": "sandbox", **facts})["psp"]

        kept = profile_json(load_catalog().profiles[name])
        assert {**shown, "name": name, "sources": {}} == {**kept, "aliases": [], "sources": {}}


def _as_scenarios_write(value: Any) -> Any:
    """Every scalar as text."""
    if isinstance(value, dict):
        return {key: _as_scenarios_write(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_scenarios_write(part) for part in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
