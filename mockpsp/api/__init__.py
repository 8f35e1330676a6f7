"""The HTTP surface: one file a resource, views that only translate. To add a file: its blueprint joins `BLUEPRINTS`."""

from mockpsp.api import (
    balances,
    card_payouts,
    cards,
    customers,
    error_codes,
    events,
    gateway_configurations,
    invoices,
    network_tokens,
    periphery,
    products,
    projects,
    reference,
    sandbox,
    sandbox_books,
    sandbox_clock,
    sandbox_moves,
    sandbox_psps,
    sandbox_webhooks,
    tokens,
    transactions,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        projects,
        reference,
        customers,
        tokens,
        cards,
        network_tokens,
        balances,
        products,
        invoices,
        card_payouts,
        transactions,
        events,
        gateway_configurations,
        error_codes,
        periphery,
        sandbox,
        sandbox_clock,
        sandbox_moves,
        sandbox_psps,
        sandbox_webhooks,
        sandbox_books,
    )
)
