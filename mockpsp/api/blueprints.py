"""The HTTP surface: one file a resource, views that only translate. To add a file: its row in `VIEWS`.

A file is imported when a path that begins like one of its routes is first asked for (serving/flask_app.py): a server
answers before it has read what nobody asked it yet.
"""

from collections.abc import Mapping
from importlib import import_module

from flask import Blueprint

#: File of views -> the first parts of its routes' paths; in the order in which documents tell of them.
VIEWS: Mapping[str, tuple[str, ...]] = {
    file: tuple(part.removeprefix("/") for part in parts.split())
    for file, parts in (
        ("resources.root", "/ /healthz"),
        ("resources.projects", "/projects"),
        ("described.reference", "/docs /openapi.json"),
        ("described.docs_pages", "/docs"),
        ("resources.customers", "/customers"),
        ("resources.tokens", "/customers"),
        ("resources.cards", "/cards /iins"),
        ("resources.network_tokens", "/network-tokens"),
        ("resources.balances", "/balances"),
        ("resources.products", "/products"),
        ("resources.invoices", "/invoices"),
        ("resources.card_payouts", "/invoices"),
        ("resources.native_payments", "/invoices"),
        ("resources.native_steps", "/invoices /customers /apm-payments"),
        ("pages.checkout", "/checkout"),
        ("pages.redirect", "/checkout"),
        ("pages.native_answers", "/checkout"),
        ("resources.three_d_s", "/invoices"),
        ("pages.three_d_s", "/checkout"),
        ("pages.three_d_s_start", "/checkout"),
        ("pages.framed", "/ccfield.html /messagehub.html"),
        ("pages.library_files", "/images /js"),
        ("resources.transactions", "/transactions"),
        ("resources.events", "/events"),
        ("resources.gateway_configurations", "/gateway-configurations /gateways"),
        ("resources.error_codes", "/error-codes"),
        ("resources.telemetry", "/telemetry"),
        ("resources.applepay", "/applepay"),
        ("resources.installment_plans", "/installment-plans"),
        ("resources.payouts", "/payouts"),
        (
            "resources.unsupported_routes",
            "/projects /customers /plans /coupons /subscriptions /supervised-projects /uploads /exports "
            "/activities /handlers",
        ),
        ("control.universe", "/sandbox"),
        ("control.forks", "/sandbox"),
        ("control.clock", "/sandbox"),
        ("control.settle", "/sandbox"),
        ("control.moves", "/sandbox"),
        ("control.faults", "/sandbox"),
        ("control.psps", "/sandbox"),
        ("control.webhooks", "/sandbox"),
        ("control.delivery", "/sandbox"),
        ("control.books", "/sandbox"),
        ("control.statements", "/sandbox"),
        ("control.audit", "/sandbox"),
        ("control.request_log", "/sandbox"),
        ("control.timeline", "/sandbox"),
        ("pages.screens", "/static"),
        ("pages.signing_in", "/sandbox"),
        ("pages.payments", "/sandbox"),
        ("pages.webhooks", "/sandbox"),
        ("pages.clock", "/sandbox"),
        ("pages.books", "/sandbox"),
        ("pages.endpoints", "/sandbox"),
        ("pages.outcomes", "/sandbox"),
        ("pages.calls", "/sandbox"),
        ("pages.acting", "/sandbox"),
        ("pages.live", "/sandbox"),
    )
}


def load_blueprint(file: str) -> Blueprint:
    """The routes of a file in `VIEWS`, imported now if they have not been before."""
    blueprint: Blueprint = import_module(f"mockpsp.api.{file}").blueprint
    return blueprint
