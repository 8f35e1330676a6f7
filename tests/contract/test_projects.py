"""The project, the list of error codes, and routes that are left out."""

import pytest

from mockpsp.api.resources import unsupported_routes
from mockpsp.catalog import load_catalog
from mockpsp.sandbox_client import Sandbox


def test_a_project_is_changed_field_by_field(mockpsp: Sandbox) -> None:
    path = f"/projects/{mockpsp.project_id}"

    untouched = mockpsp.put(path, {})["project"]
    changed = mockpsp.put(path, {"name": "My shop", "default_currency": "eur", "email": "a@shop.example"})["project"]

    assert untouched["name"] == mockpsp.project_id
    assert changed == {
        **untouched, "name": "My shop", "default_currency": "EUR", "email": "a@shop.example",
    }  # fmt: skip
    assert mockpsp.get(f"{path}?expand=gateway_configurations")["project"]["gateway_configurations"][0]["enabled"]


def test_the_projects_currency_is_that_of_its_configurations(mockpsp: Sandbox) -> None:
    mockpsp.put(f"/projects/{mockpsp.project_id}", {"default_currency": "JPY"})

    listed = mockpsp.get("/gateway-configurations")["gateway_configurations"]

    assert {one["default_currency"] for one in listed} == {"JPY"}


def test_deleting_the_project_empties_the_universe_and_keeps_its_secret(mockpsp: Sandbox) -> None:
    fresh = mockpsp.get("/sandbox/digest")["digest"]
    mockpsp.put(f"/projects/{mockpsp.project_id}", {"name": "My shop"})
    mockpsp.card()

    gone = mockpsp.call("DELETE", f"/projects/{mockpsp.project_id}").json()

    assert gone == {"success": True}
    assert mockpsp.get("/sandbox/digest")["digest"] == fresh
    assert mockpsp.get("/cards")["total_count"] == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("project_id", ["{project_id}", "proj_another"])
def test_another_project_is_404(mockpsp: Sandbox, method: str, project_id: str) -> None:
    mockpsp.card()

    answer = mockpsp.call(method, f"/projects/{project_id}")

    assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.project.not-found")
    assert mockpsp.get("/cards")["total_count"] == 1


def test_error_codes_are_the_catalogs_by_category(mockpsp: Sandbox) -> None:
    body = mockpsp.get("/error-codes")

    gateway = body["gateway"]
    assert list(gateway) == (
        "generic service gateway card check shipping customer payment refund wallet request".split()
    )
    assert sorted(code for codes in gateway.values() for code in codes) == sorted(load_catalog().declines)
    assert {name: len(codes) for name, codes in gateway.items() if codes} == {
        "gateway": 27, "card": 114, "customer": 15, "payment": 1, "request": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("method", "path", "area"), unsupported_routes.routes())
def test_what_is_left_out_says_which_area_that_is(mockpsp: Sandbox, method: str, path: str, area: str) -> None:
    path = path.replace("<", "").replace(">", "")

    answer = mockpsp.call(method, path, {} if method in ("POST", "PUT") else None)

    assert (answer.status_code, answer.json()["error_type"]) == (404, "sandbox.not-supported")
    assert area in answer.json()["message"]


def test_what_is_left_out_asks_for_credentials_first(mockpsp: Sandbox) -> None:
    nobody = Sandbox(mockpsp.url, mockpsp.project_id, "key_sandbox_wrong")

    with nobody:
        answer = nobody.call("GET", "/plans")

    assert (answer.status_code, answer.json()["error_type"]) == (401, "request.authentication.invalid")


def test_an_unknown_route_and_a_wrong_verb_are_told_apart(mockpsp: Sandbox) -> None:
    unknown, wrong = mockpsp.call("GET", "/nothing-here"), mockpsp.call("DELETE", "/error-codes")

    assert (unknown.status_code, unknown.json()["error_type"]) == (404, "request.route-not-found")
    assert (wrong.status_code, wrong.json()["error_type"]) == (405, "request.route-not-found")
    assert "DELETE" in wrong.json()["message"] and "/error-codes" in wrong.json()["message"]


def test_the_root_lists_the_versions(mockpsp: Sandbox) -> None:
    body = mockpsp.get("/")

    assert body["current_version"]["name"] == body["latest_version"]["name"] == "1.3.0.1"
    names = [version["name"] for version in body["versions"]]
    assert names == ["1.0.0.0", "1.1.0.0", "1.2.0.0", "1.3.0.0", "1.3.0.1"]
