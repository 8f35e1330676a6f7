"""The endpoints' page: made, given another secret, enabled, deleted; a secret is shown once."""

import re

from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import NOWHERE, Looker, receiving, words

SECRET = "whsec_" + "A" * 32


def endpoints(looker: Looker) -> list[dict[str, object]]:
    found: list[dict[str, object]] = looker.call("GET", "/sandbox/webhook-endpoints")["webhook_endpoints"]
    return found


def test_one_is_made_with_all_that_the_control_plane_takes(looker: Looker) -> None:
    fields = {
        "url": NOWHERE,
        "topics[]": ["transaction.captured", "customer.created"],
        "scheme": "standard",
        "key": "",
        "body": "thin",
        "schedule": "processout",
        "order": "strict",
        "secret": "",
    }

    looker.act("make-endpoint", fields, back=f"{UI}/endpoints")

    (one,) = endpoints(looker)
    assert (one["topics"], one["order"]) == (["transaction.captured", "customer.created"], "strict")
    assert NOWHERE in words(looker.look("/endpoints"))


def test_one_is_changed_and_keeps_its_secret(looker: Looker) -> None:
    endpoint_id = looker.listen(topics=["customer.created"])
    fields = {"url": f"{NOWHERE}/new", "topics[]": ["transaction.captured"], "schedule": "standard"}

    looker.act("change-endpoint", fields, on=endpoint_id, back=f"{UI}/endpoints")

    (one,) = endpoints(looker)
    assert (one["url"], one["topics"], one["schedule"]) == (f"{NOWHERE}/new", ["transaction.captured"], "standard")
    looker.act("change-endpoint", {"url": NOWHERE, "schedule": "standard"}, on=endpoint_id)
    assert [(one["url"], one["topics"]) for one in endpoints(looker)] == [(NOWHERE, None)]


def test_what_waits_goes_to_the_changed_address(looker: Looker) -> None:
    endpoint_id = looker.listen("http://127.0.0.1:1/nobody", topics=["customer.created"])
    looker.call("POST", "/customers", {})
    looker.call("POST", "/sandbox/settle", {})

    with receiving(200) as url:
        looker.call("PUT", f"/sandbox/webhook-endpoints/{endpoint_id}", {"url": url})
        looker.call("POST", "/sandbox/clock/advance", {"by": "1h"})

    assert [one["state"] for one in looker.call("GET", "/sandbox/deliveries")["deliveries"]] == ["delivered"]


def test_a_change_to_no_address_changes_nothing(looker: Looker) -> None:
    endpoint_id = looker.listen(topics=["customer.created"])

    refused = looker.act("change-endpoint", {"url": "http://[", "schedule": "none"}, on=endpoint_id)

    assert refused.status_code == 400
    assert [(one["url"], one["schedule"]) for one in endpoints(looker)] == [(NOWHERE, "processout")]


def test_a_secret_is_shown_once(looker: Looker) -> None:
    made = looker.act("make-endpoint", {"url": NOWHERE, "secret": SECRET}, back=f"{UI}/endpoints")

    assert SECRET in made.text and made.headers["Cache-Control"] == "no-store"
    assert SECRET not in looker.look("/endpoints")


def test_another_secret_is_shown_once(looker: Looker) -> None:
    endpoint_id = looker.listen()

    changed = looker.act("rotate-secret", {"secret": SECRET}, on=endpoint_id, back=f"{UI}/endpoints")

    assert SECRET in changed.text
    assert SECRET not in looker.look("/endpoints")


def test_a_secret_of_the_wrong_form_is_refused_and_not_repeated(looker: Looker) -> None:
    refused = looker.act("make-endpoint", {"url": NOWHERE, "secret": "whsec_short"})

    assert refused.status_code == 400 and "secret:" in words(refused.text)
    assert endpoints(looker) == []


def test_one_is_deleted(looker: Looker) -> None:
    endpoint_id = looker.listen()

    looker.act("delete-endpoint", on=endpoint_id, back=f"{UI}/endpoints")

    assert endpoints(looker) == [] and "There is none" in words(looker.look("/endpoints"))


def test_one_that_answered_410_is_enabled(looker: Looker) -> None:
    with receiving(410) as url:
        endpoint_id = looker.listen(url)
        looker.call("POST", "/customers", {})
        looker.call("POST", "/sandbox/settle", {})
    assert "disabled" in words(looker.look("/endpoints"))

    looker.act("enable-endpoint", on=endpoint_id, back=f"{UI}/endpoints")

    assert [one["state"] for one in endpoints(looker)] == ["enabled"]


def test_passwords_in_addresses_are_not_shown(looker: Looker) -> None:
    looker.listen("https://shop:hunter2@shop.example/hook", topics=["customer.created"])
    looker.call("POST", "/customers", {})
    looker.call("POST", "/sandbox/settle", {})
    inbox = looker.look("/webhooks")
    delivery = re.findall(r"/webhooks/(wbk_\w+)", inbox)[0]

    shown = [looker.look("/endpoints"), inbox, looker.look(f"/webhooks/{delivery}"), looker.look("/outcomes")]

    assert all("shop.example/hook" in page for page in shown)
    assert not any("hunter2" in page for page in shown)


def test_a_universes_own_secret_is_on_no_page(looker: Looker) -> None:
    own = looker.call("GET", "/sandbox")["universe"]["webhook_secret"]
    looker.listen()
    looker.pay()
    looker.call("POST", "/sandbox/settle", {})

    paths = ("", "/webhooks", "/clock", "/endpoints", "/outcomes", "/requests")
    assert not any(own in looker.look(path) for path in paths)


def test_one_is_disabled_and_enabled_by_a_button(looker: Looker) -> None:
    endpoint_id = looker.listen()
    looker.call("POST", "/customers", {})

    looker.act("disable-endpoint", on=endpoint_id, back=f"{UI}/endpoints")
    looker.call("POST", "/customers", {})

    assert [one["state"] for one in endpoints(looker)] == ["disabled"]
    assert [one["state"] for one in looker.call("GET", "/sandbox/deliveries")["deliveries"]] == ["dead"]
    looker.act("enable-endpoint", on=endpoint_id, back=f"{UI}/endpoints")
    assert [one["state"] for one in endpoints(looker)] == ["enabled"]
    assert "Disable" in words(looker.look("/endpoints"))
