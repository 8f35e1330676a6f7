"""How products look on the wire."""

from mockpsp.api.shapes.parts import CHECKOUT, Shape
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.products import ProductRow

#: What a product's id begins with.
PRODUCT = "prod_"


def product(tx: UniverseTx, row: ProductRow) -> Shape:
    """A product: something to be invoiced again and again."""
    product_id, body = tx.id(PRODUCT, row.seq), row.body
    return {
        "id": product_id,
        "project_id": tx.project.public_id,
        "url": f"{CHECKOUT}/{tx.project.id}/{product_id}",
        "name": body["name"],
        "amount": format_trimmed(body["amount_minor"], body["currency"]),
        "currency": body["currency"],
        "metadata": body.get("metadata", {}),
        "return_url": body.get("return_url"),
        "cancel_url": body.get("cancel_url"),
        "sandbox": True,
        "created_at": rfc3339_fraction(body["created_at_ms"]),
    }
