"""The HTTP surface: one file a resource, views that only translate. To add a file: its blueprint joins `BLUEPRINTS`."""

from mockpsp.api.control import (
    audit,
    books,
    clock,
    delivery,
    faults,
    forks,
    moves,
    psps,
    request_log,
    settle,
    timeline,
    universe,
    webhooks,
)
from mockpsp.api.described import docs_pages, reference
from mockpsp.api.pages import acting, calls, checkout, endpoints, live, outcomes, screens, signing_in
from mockpsp.api.pages import books as ui_books
from mockpsp.api.pages import clock as ui_clock
from mockpsp.api.pages import payments as ui_payments
from mockpsp.api.pages import three_d_s as three_d_s_page
from mockpsp.api.pages import webhooks as ui_webhooks
from mockpsp.api.resources import (
    balances,
    card_payouts,
    cards,
    customers,
    error_codes,
    events,
    gateway_configurations,
    invoices,
    native_payments,
    network_tokens,
    payouts,
    products,
    projects,
    three_d_s,
    tokens,
    transactions,
    unsupported_routes,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        projects,
        reference,
        docs_pages,
        customers,
        tokens,
        cards,
        network_tokens,
        balances,
        products,
        invoices,
        card_payouts,
        native_payments,
        checkout,
        three_d_s,
        three_d_s_page,
        transactions,
        events,
        gateway_configurations,
        error_codes,
        payouts,
        unsupported_routes,
        universe,
        forks,
        clock,
        settle,
        moves,
        faults,
        psps,
        webhooks,
        delivery,
        books,
        audit,
        request_log,
        timeline,
        screens,
        signing_in,
        ui_payments,
        ui_webhooks,
        ui_clock,
        ui_books,
        endpoints,
        outcomes,
        calls,
        acting,
        live,
    )
)
