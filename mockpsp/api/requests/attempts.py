"""Where an attempt to pay goes, and what its operations tell of the way there."""

import json
from dataclasses import replace

from flask import request

from mockpsp.api.shapes.payments import MERCHANT_ACCOUNT, ROUTING_TAGS, PaymentRow
from mockpsp.domain.commands import RequestOptions, Source
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx


def route_attempt(
    tx: UniverseTx, row: PaymentRow, source: Source | None, asked: RequestOptions
) -> tuple[str, RequestOptions]:
    """The gateway of an attempt, and its options with the sub-account or the routing rule that took it there.

    A gateway request names its gateway; any other source goes as the payment is routed. Without a source nothing new
    is attempted, so nothing is told.
    """
    if source is not None and source.request is not None:
        return source.request.gateway, _noting(asked, MERCHANT_ACCOUNT, source.request.account)
    gateway, tags = gateways.route_with_rule(tx, request.headers.get("Mockpsp-Gateway"), row.body, row.payment.currency)
    return gateway, _noting(asked, ROUTING_TAGS, json.dumps(tags) if tags and source is not None else None)


def _noting(asked: RequestOptions, name: str, text: str | None) -> RequestOptions:
    return asked if text is None else replace(asked, notes=(*asked.notes, (name, text)))
