"""Gateway configurations over HTTP: made, changed, switched off, deleted; who pays through which; what is refused."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

SANDBOX = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"


def make(mockpsp: Sandbox, gateway: str = "card-flexible", **body: Any) -> dict[str, Any]:
    made = mockpsp.post(f"/gateways/{gateway}/gateway-configurations", body)
    return dict(made["gateway_configuration"])


def pay(mockpsp: Sandbox, amount: str = "100.00", metadata: dict[str, str] | None = None, **headers: str) -> Any:
    body = {"name": "Order", "amount": amount, "currency": "EUR", "metadata": metadata or {}}
    invoice = mockpsp.post("/invoices", body)["invoice"]
    return mockpsp.call("POST", f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()}, **headers).json()


def ids(mockpsp: Sandbox, path: str) -> list[str]:
    return [one["id"] for one in mockpsp.get(path)["gateway_configurations"]]


def test_a_made_configuration_has_every_field_and_never_its_secrets(mockpsp: Sandbox) -> None:
    mockpsp.advance("1h")
    secret = "sk_test_a-secret-nobody-may-see"

    made = make(
        mockpsp,
        name="Shop FR",
        default_currency="eur",
        processing_region="eu",
        metadata={"shop": "fr"},
        settings={"secret_key": secret, "public_key": "pk_test_1"},
        sub_accounts_enabled=["north", "south"],
    )

    assert made == {
        "id": made["id"],
        "project_id": mockpsp.project_id.removeprefix("test-"),
        "gateway_id": made["gateway_id"],
        "gateway_name": "card-flexible",
        "name": "Shop FR",
        "default_currency": "EUR",
        "processing_region": "eu",
        "enabled": True,
        "public_keys": {"public_key": "pk_test_1"},
        "metadata": {"shop": "fr"},
        "sub_accounts_enabled": ["north", "south"],
        "config_entries": None,
        "is_pulling": False,
        "merchant_account_country_code": None,
        "sandbox": True,
        "created_at": "2026-01-01T01:00:00.000Z",
        "enabled_at": "2026-01-01T01:00:00.000Z",
    }
    fetched = mockpsp.call("GET", f"/gateway-configurations/{made['id']}?expand=gateway")
    assert fetched.json()["gateway_configuration"]["gateway"]["id"] == "card-flexible"
    assert secret not in fetched.text


def test_several_configurations_of_one_gateway_have_ids_and_books_of_their_own(mockpsp: Sandbox) -> None:
    one, other = make(mockpsp, name="Shop FR"), make(mockpsp, name="Shop FR")

    by_id = pay(mockpsp, **{"Mockpsp-Gateway": other["id"]})["transaction"]
    by_label = pay(mockpsp, metadata={"mockpsp_gateway": "Shop FR"})["transaction"]
    by_gateway = pay(mockpsp, **{"Mockpsp-Gateway": "card-flexible"})["transaction"]

    assert by_id["gateway_configuration_id"] == other["id"] != one["id"]
    assert by_label["gateway_configuration_id"] == one["id"]
    assert by_gateway["gateway_configuration_id"] not in (one["id"], other["id"])
    assert {t["gateway_name"] for t in (by_id, by_label, by_gateway)} == {"card-flexible"}
    accounts = {name for name in mockpsp.balances() if name.endswith(":pending")}
    assert accounts == {
        "assets:psp:shop-fr:pending",
        "assets:psp:shop-fr-2:pending",
        "assets:psp:card-flexible:pending",
    }
    assert len(ids(mockpsp, "/gateways/card-flexible/gateway-configurations")) == 3


def test_a_disabled_configuration_takes_no_payment_until_it_is_enabled(mockpsp: Sandbox) -> None:
    held = mockpsp.post("/invoices", {"name": "Order", "amount": "10", "currency": "EUR"})["invoice"]
    mockpsp.post(f"/invoices/{held['id']}/authorize", {"source": mockpsp.card()})

    off = mockpsp.put(f"/gateway-configurations/{SANDBOX}", {"enabled": False})["gateway_configuration"]
    refused = pay(mockpsp)
    captured = mockpsp.post(f"/invoices/{held['id']}/capture", {})["transaction"]["status"]
    mockpsp.put(f"/gateway-configurations/{SANDBOX}", {"enabled": "true"})

    assert (off["enabled"], refused["error_type"]) == (False, "request.gateway.not-available")
    assert captured == "completed"
    assert pay(mockpsp)["success"] is True


@pytest.mark.parametrize("unset", ["", "?with_disabled=None", "?with_disabled=null", "?expand_merchant_accounts"])
def test_a_list_leaves_disabled_ones_out_unless_asked(mockpsp: Sandbox, unset: str) -> None:
    mockpsp.put(f"/gateway-configurations/{SANDBOX}", {"enabled": False})

    assert SANDBOX not in ids(mockpsp, f"/gateway-configurations{unset}")
    assert SANDBOX in ids(mockpsp, "/gateway-configurations?with_disabled=true&limit=100")


def test_a_deleted_configuration_is_gone_and_its_payments_go_on(mockpsp: Sandbox) -> None:
    made = make(mockpsp, name="Old shop")
    paid = pay(mockpsp, **{"Mockpsp-Gateway": made["id"]})["transaction"]

    gone = mockpsp.call("DELETE", f"/gateway-configurations/{made['id']}").json()

    after = mockpsp.call("GET", f"/gateway-configurations/{made['id']}")
    assert (gone, after.status_code) == ({"success": True}, 404)
    assert after.json()["error_type"] == "resource.gateway-configuration.not-found"
    assert made["id"] not in ids(mockpsp, "/gateway-configurations?with_disabled=1")
    assert pay(mockpsp, **{"Mockpsp-Gateway": "old-shop"})["error_type"] == "request.gateway.not-available"
    assert mockpsp.post(f"/transactions/{paid['id']}/refunds", {"amount": "40"})["refund"]["amount"] == "40"
    shown = mockpsp.get(f"/transactions/{paid['id']}?expand=gateway_configuration")["transaction"]
    assert shown["gateway_configuration"]["id"] == made["id"]


def test_without_the_default_one_a_payment_has_no_configuration(mockpsp: Sandbox) -> None:
    mockpsp.call("DELETE", f"/gateway-configurations/{SANDBOX}")

    assert pay(mockpsp)["error_type"] == "request.configuration.missing-gateway-configuration"


def test_sub_accounts_have_ids_of_their_own(mockpsp: Sandbox) -> None:
    made = make(mockpsp, name="Shop", sub_accounts_enabled=["north", "south"])

    listed = ids(mockpsp, "/gateway-configurations?expand_merchant_accounts=True&limit=100")
    shown = mockpsp.get(f"/gateway-configurations/{made['id']}.south")["gateway_configuration"]
    unknown = mockpsp.call("GET", f"/gateway-configurations/{made['id']}.west").json()

    assert {f"{made['id']}.north", f"{made['id']}.south"} < set(listed)
    assert (shown["id"], shown["sub_accounts_enabled"]) == (f"{made['id']}.south", ["south"])
    assert unknown["error_type"] == "request.validation.invalid-subaccount"


def test_who_asks_for_sub_accounts_gets_their_gateways(mockpsp: Sandbox) -> None:
    """Apps and the browser's library ask for gateways so."""
    listed, plain = (
        mockpsp.get(f"/gateway-configurations{query}")["gateway_configurations"]
        for query in ("?filter=card-payments&expand_merchant_accounts=true", "?filter=card-payments")
    )

    assert listed and all(one["gateway"]["name"] == one["gateway_name"] for one in listed)
    assert not any("gateway" in one for one in plain)


def test_a_client_may_choose_the_id(mockpsp: Sandbox) -> None:
    made = make(mockpsp, id="gway_conf_mine", name="Mine")

    assert made["id"] == "gway_conf_mine"
    again = mockpsp.call("POST", "/gateways/sandbox/gateway-configurations", {"id": "gway_conf_mine"}).json()
    assert again["error_type"] == "request.validation.invalid-id"


def test_an_alias_names_the_gateway(mockpsp: Sandbox) -> None:
    alias = next(psp["aliases"][0] for psp in mockpsp.get("/sandbox/psps")["psps"] if psp["name"] == "card-flexible")

    assert make(mockpsp, gateway=alias)["gateway_name"] == "card-flexible"


REFUSED = [
    ({"id": "abc"}, "request.validation.invalid-id"),
    ({"name": "x" * 81}, "request.validation.invalid-name"),
    ({"default_currency": "XXQ"}, "request.validation.invalid-currency"),
    ({"metadata": {"a": 1}}, "request.validation.invalid-metadata"),
    ({"settings": "secret"}, "request.validation.invalid-settings"),
    ({"settings": {"secret_key": "sk_live_abcdef"}}, "request.validation.invalid-settings"),
    ({"settings": {"password": "key_live_abcdef"}}, "request.validation.invalid-settings"),
    ({"settings": {"nested": {"a": "b"}}}, "request.validation.invalid-settings"),
    ({"sub_accounts_enabled": "north"}, "request.validation.invalid-subaccount"),
    ({"sub_accounts_enabled": ["a b"]}, "request.validation.invalid-subaccount"),
    ({"enabled": "perhaps"}, "request.validation.error"),
]


@pytest.mark.parametrize(("body", "error_type"), REFUSED)
def test_what_is_wrong_is_named_and_changes_nothing(mockpsp: Sandbox, body: dict[str, Any], error_type: str) -> None:
    before = mockpsp.get("/sandbox/digest")["digest"]

    made = mockpsp.call("POST", "/gateways/card-flexible/gateway-configurations", body)
    changed = mockpsp.call("PUT", f"/gateway-configurations/{SANDBOX}", body) if body != {"id": "abc"} else made

    assert [(made.status_code, made.json()["error_type"])] == [(400, error_type)]
    assert (changed.status_code, changed.json()["error_type"]) == (400, error_type)
    assert "_live_abcdef" not in made.text
    assert mockpsp.get("/sandbox/digest")["digest"] == before


def test_an_unknown_gateway_is_404(mockpsp: Sandbox) -> None:
    for method in ("GET", "POST"):
        answer = mockpsp.call(method, "/gateways/nobody/gateway-configurations")
        assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.gateway.not-found")


def test_a_psp_of_ones_own_cannot_take_the_name_of_a_configuration(mockpsp: Sandbox) -> None:
    make(mockpsp, name="North")

    answer = mockpsp.call("PUT", "/sandbox/psps/north", {"like": "card-flexible"})

    assert (answer.status_code, "already" in answer.json()["message"]) == (400, True)
