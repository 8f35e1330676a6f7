"""`save_source`: a payment's card is kept as a token of the invoice's customer, for payments to come."""

from mockpsp.api.requests import token_events
from mockpsp.api.shapes import customers
from mockpsp.domain.payments.payment import Payment
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import TokenRow


def save(tx: UniverseTx, payment: Payment) -> TokenRow | None:
    """Keep the card that paid as the customer's token; nothing without a customer, without a card, or paid by token."""
    if payment.customer_seq is None or payment.card_seq is None or payment.token_seq is not None:
        return None
    customer = resources.load_customer(tx.conn, tx.project.no, payment.customer_seq)
    card = resources.load_card(tx.conn, tx.project.no, payment.card_seq)
    if customer is None or card is None or "token_seq" in card.body:
        return None
    is_default = "default_token_seq" not in customer.body
    kept = {
        "customer_id": customers.customer_id(tx, customer),
        "summary": f"**** **** **** {card.test_card[-4:]}",
        "is_default": is_default,
        "created_at_ms": tx.now_ms,
    }
    row = TokenRow(tx.mint.next(), customer.seq, card.seq, kept)
    resources.insert_token(tx.conn, tx.project.no, row)
    resources.update_card(tx.conn, tx.project.no, card._replace(body={**card.body, "token_seq": row.seq}))
    if is_default:
        body = {**customer.body, "default_token_seq": row.seq}
        resources.update_customer(tx.conn, tx.project.no, customer._replace(body=body))
    token_events.tell(tx, "customer.token.created", row)
    return row
