"""Products: what is invoiced again and again, and their invoices."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.requests.invoice_making import make_invoice
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.shapes.products import PRODUCT, product
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import AmountText, Body, ReturnUrl, Text, TextMap
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.payments import money
from mockpsp.engine.announce import announce
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, products, resources
from mockpsp.store.products import ProductRow

blueprint = Blueprint("products", __name__)

#: What an invoice takes over from its product.
_TAKEN_OVER = ("name", "currency", "metadata", "return_url", "cancel_url")


class ProductUpdate(Body):
    """What can be changed of a product."""

    name = Text(80)
    amount = AmountText()
    currency = Text(3)
    metadata = TextMap()
    return_url = ReturnUrl()
    cancel_url = ReturnUrl()


class ProductRequest(ProductUpdate):
    """The body of a new product."""

    name = Text(80, required=True)
    amount = AmountText(required=True)
    currency = Text(3, required=True)


@blueprint.post("/products")
@writes(ProductRequest())
def create_product(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Create a product."""
    row = ProductRow(tx.mint.next(), {**_priced(body, {}), "created_at_ms": tx.now_ms})
    products.insert(tx.conn, tx.project.no, row)
    resources.count(tx.conn, tx.project.no, "product", 1)
    announce(tx, "product.created", {"product": product(tx, row)})
    return {"product": show(tx, "product", row, request_expansion())}


@blueprint.get("/products")
@reads
def list_products(tx: UniverseTx) -> dict[str, Any]:
    """List products."""
    tree = request_expansion()
    return paging.page(tx, "products", PRODUCT, listing.PRODUCTS, (), lambda seqs: show_seqs(tx, "product", seqs, tree))


@blueprint.get("/products/<product_id>")
@reads
def fetch_product(tx: UniverseTx, product_id: str) -> dict[str, Any]:
    """Fetch a product."""
    return {"product": show(tx, "product", lookups.product(tx, product_id), request_expansion())}


@blueprint.put("/products/<product_id>")
@writes(ProductUpdate())
def update_product(tx: UniverseTx, body: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Change what is given of a product; its invoices stay as they are."""
    row = lookups.product(tx, product_id)
    row = row._replace(body=_priced(body, row.body))
    products.update(tx.conn, tx.project.no, row)
    announce(tx, "product.updated", {"product": product(tx, row)})
    return {"product": show(tx, "product", row, request_expansion())}


@blueprint.delete("/products/<product_id>")
@writes()
def delete_product(tx: UniverseTx, body: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Delete a product; its invoices stay."""
    row = lookups.product(tx, product_id)
    products.delete(tx.conn, tx.project.no, row.seq)
    resources.count(tx.conn, tx.project.no, "product", -1)
    announce(tx, "product.deleted", {"product": product(tx, row)})
    return {}


@blueprint.post("/products/<product_id>/invoices")
@writes()
def invoice_product(tx: UniverseTx, body: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Create an invoice for a product."""
    product = lookups.product(tx, product_id).body
    wanted = {name: product[name] for name in _TAKEN_OVER if name in product}
    wanted["amount"] = money.format_exact(product["amount_minor"], product["currency"])
    return {"invoice": show(tx, "invoice", make_invoice(tx, wanted), request_expansion())}


def _priced(given: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The product with what was given; amount and currency are checked together."""
    body = {**known, **given}
    body["currency"] = money.check_currency(body["currency"])
    amount = body.pop("amount", None)
    if amount is None:
        # In another currency the same price may have more decimals than there are.
        amount = money.format_trimmed(known["amount_minor"], known["currency"])
    body["amount_minor"] = money.parse(amount, body["currency"])
    return body
