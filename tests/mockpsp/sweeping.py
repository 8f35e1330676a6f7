"""Every reading route of a universe asked once: each list, and each thing that a list names."""

from collections.abc import Iterator
from typing import Any

from mockpsp.sandbox_client import Sandbox

#: A list, and what is read of each thing in it.
_LISTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/cards", "cards", ("",)),
    ("/customers", "customers", ("", "/tokens", "/transactions")),
    ("/invoices", "invoices", ("", "/transactions", "/customers")),
    ("/transactions", "transactions", ("", "/refunds")),
    ("/events", "events", ("", "/webhooks")),
    ("/products", "products", ("",)),
    ("/payouts", "payouts", ("", "/items")),
    ("/gateway-configurations", "gateway_configurations", ("",)),
    ("/gateways", "gateways", ("/gateway-configurations",)),
    ("/sandbox/deliveries", "deliveries", ("",)),
    ("/sandbox/webhook-endpoints", "webhook_endpoints", ("",)),
    ("/sandbox/faults", "faults", ("",)),
    ("/sandbox/psps", "psps", ("",)),
)
_ALONE = (
    "/supervised-projects",
    "/error-codes",
    "/applepay/available",
    "/sandbox",
    "/sandbox/agenda",
    "/sandbox/audit",
    "/sandbox/clock",
    "/sandbox/delivery",
    "/sandbox/digest",
    "/sandbox/ledger/balances",
    "/sandbox/ledger/journal",
    "/sandbox/routing",
    "/sandbox/rules",
    "/sandbox/snapshots",
    "/sandbox/requests",
)
#: What is shown within what, as far as it goes.
_EXPANDED = (
    "/transactions?limit=20&expand=operations,refunds,invoice,card,token,customer,gateway_configuration,payout_items",
    "/events?limit=20",
)
_PAGE = 20


def unanswered(world: Sandbox, *, each: int = 1_000) -> list[str]:
    """The reading routes that answered with 5xx, and what they said; of each list so many things are read."""
    return [f"{path}: {status} {said}" for path, status, said in _asked(world, each) if status >= 500]


def _asked(world: Sandbox, each: int) -> Iterator[tuple[str, int, str]]:
    def ask(path: str) -> tuple[tuple[str, int, str], Any]:
        answer = world.call("GET", path)
        return (path, answer.status_code, answer.text[:200]), answer.json()

    for path in (*_ALONE, *_EXPANDED, f"/projects/{world.project_id.removeprefix('test-')}"):
        yield ask(path)[0]
    for path, name, parts in _LISTS:
        asked, answer = ask(f"{path}?limit={_PAGE}" if not path.startswith("/sandbox") else path)
        yield asked
        for one in answer.get(name, ())[:each] if isinstance(answer, dict) else ():
            named = one.get("name") if path in ("/gateways", "/sandbox/psps") else one.get("id")
            for part in parts:
                yield ask(f"{path}/{named}{part}")[0]
