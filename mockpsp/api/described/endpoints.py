"""The API's endpoints and what each answers: one row an endpoint, core ones first, whether they are there yet or not.

The OpenAPI document, the reference page and the coverage are made from these rows and from the routes. A row is
`METHOD path | key of the answer | object`; `[Object]` is a list with its envelope, `{Object}` the object's own keys
beside `success`, an empty key `success` alone. After the object, `action` says that a customer may have to do
something next, `open` that it needs no credentials, and a number that it answers with that status. To add an endpoint:
its row, unless it is here, and its view.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_CORE = """
GET / | | {Versions} open
POST /invoices | invoice | Invoice
GET /invoices | invoices | [Invoice]
GET /invoices/{} | invoice | Invoice
PUT /invoices/{} | invoice | Invoice
DELETE /invoices/{} | |
POST /invoices/{}/authorize | transaction | Transaction action
POST /invoices/{}/capture | transaction | Transaction action native
POST /invoices/{}/increment_authorization | transaction | Transaction
POST /invoices/{}/void | transaction | Transaction
POST /invoices/{}/refunds | refund | Refund
POST /invoices/{}/authenticate | transaction | Transaction action
POST /invoices/{}/three-d-s | | {Action}
POST /invoices/{}/payout | transaction | Transaction
POST /invoices/{}/native-payment | transaction | Transaction native
GET /invoices/{}/native-payment/{} | native_apm | NativeApm
GET /invoices/{}/customers | customer | Customer
POST /invoices/{}/customers | customer | Customer
GET /invoices/{}/transactions | transaction | Transaction
PUT /invoices/{}/sync-with-psp | invoice | Invoice
GET /transactions | transactions | [Transaction]
POST /transactions | transactions | [Transaction]
GET /transactions/{} | transaction | Transaction
GET /transactions/{}/refunds | refunds | [Refund]
POST /transactions/{}/refunds | refund | Refund
GET /transactions/{}/refunds/{} | refund | Refund
POST /customers | customer | Customer
GET /customers | customers | [Customer]
GET /customers/{} | customer | Customer
PUT /customers/{} | customer | Customer
DELETE /customers/{} | |
GET /customers/{}/transactions | transactions | [Transaction]
GET /customers/{}/tokens | tokens | [Token]
POST /customers/{}/tokens | token | Token action
GET /customers/{}/tokens/{} | token | Token
PUT /customers/{}/tokens/{} | token | Token action
DELETE /customers/{}/tokens/{} | |
POST /cards | card | Card
GET /cards | cards | [Card]
GET /cards/{} | card | Card
PUT /cards/{} | card | Card
DELETE /cards/{} | |
GET /iins/{} | card_information | CardInformation
POST /network-tokens | network_token | NetworkToken 202
GET /events | events | [Event]
GET /events/{} | event | Event
GET /events/{}/webhooks | webhooks | [Webhook]
GET /gateway-configurations | gateway_configurations | [GatewayConfiguration]
GET /gateway-configurations/{} | gateway_configuration | GatewayConfiguration
PUT /gateway-configurations/{} | gateway_configuration | GatewayConfiguration
DELETE /gateway-configurations/{} | |
GET /gateways/{}/gateway-configurations | gateway_configurations | [GatewayConfiguration]
POST /gateways/{}/gateway-configurations | gateway_configuration | GatewayConfiguration
GET /projects/{} | project | Project
PUT /projects/{} | project | Project
DELETE /projects/{} | |
GET /products | products | [Product]
POST /products | product | Product
GET /products/{} | product | Product
PUT /products/{} | product | Product
DELETE /products/{} | |
POST /products/{}/invoices | invoice | Invoice
GET /error-codes | gateway | ErrorCodes
GET /balances/tokens/{} | balances | Balances
GET /payouts | payouts | [Payout]
GET /payouts/{} | payout | Payout
DELETE /payouts/{} | |
GET /payouts/{}/items | items | [PayoutItem]
"""

#: What is there beside the published API.
_OWN = """
POST /invoices/{}/sync-with-psp | invoice | Invoice
POST /invoices/{}/apm-payment | | {NativeStep}
GET /invoices/{}/apm-payment | | {NativeStep}
POST /customers/{}/apm-tokens/{}/tokenize | | {NativeStep}
POST /apm-payments | | {NativeStep}
POST /telemetry | |
GET /applepay/available | |
POST /applepay/sessions | session_payload | ApplePaySession
GET /installment-plans/active | | {InstallmentPlans}
GET /gateways | gateways | [Gateway]
GET /gateways/{} | gateway | Gateway
GET /healthz | | {Health} open
GET /openapi.json | | {Any} open
GET /docs | | page open
GET /docs/{} | | page open
GET /checkout/{}/{} | | page open
POST /checkout/{}/{} | | page open
GET /checkout/{}/{}/redirect/{} | | page open
GET /checkout/{}/{}/native/{} | | page open
POST /checkout/{}/{}/native/{} | | page open
GET /checkout/{}/{}/{}/native/{} | | page open
POST /checkout/{}/{}/{}/native/{} | | page open
GET /checkout/{}/{}/redirect/{}/tokenized/{} | | page open
GET /checkout/{}/{}/{}/redirect/{} | | page open
GET /checkout/{}/{}/three-d-s/redirect/{} | | page open
POST /checkout/{}/{}/three-d-s/redirect/{} | | page open
GET /checkout/{}/{}/three-d-s/{} | | page open
POST /checkout/{}/{}/three-d-s/{} | | page open
GET /checkout/{}/three-d-s | | page open
POST /checkout/{}/three-d-s | | page open
GET /ccfield.html | | page open
GET /messagehub.html | | page open
GET /images/{} | | page open
GET /js/libraries/{} | | page open
"""

#: The control plane.
_CONTROL = """
GET /sandbox | | {UniverseShown}
PUT /sandbox | | {UniverseShown}
DELETE /sandbox | |
POST /sandbox/reset | | {Restarted}
GET /sandbox/digest | | {Digest}
POST /sandbox/forks | fork | Fork
POST /sandbox/snapshots | | {SnapshotTaken}
GET /sandbox/snapshots | | {SnapshotList}
GET /sandbox/snapshots/{} | snapshot | Snapshot
DELETE /sandbox/snapshots/{} | |
GET /sandbox/snapshots/{}/file | snapshot_file | SnapshotSaved
POST /sandbox/snapshots/file | snapshot | Snapshot
GET /sandbox/clock | clock | Clock
PUT /sandbox/clock | | {ClockChanged}
POST /sandbox/clock/advance | | {Advanced}
GET /sandbox/agenda | | {Agenda}
POST /sandbox/settle | | {Settled}
POST /sandbox/simulate | simulated | Simulated
POST /sandbox/rules | rule | Rule
GET /sandbox/rules | | {RuleList}
DELETE /sandbox/rules | | {Removed}
DELETE /sandbox/rules/{} | | {Removed}
POST /sandbox/faults | fault | Fault
GET /sandbox/faults | | {FaultList}
DELETE /sandbox/faults | | {Removed}
GET /sandbox/faults/{} | fault | Fault
DELETE /sandbox/faults/{} | | {Removed}
GET /sandbox/psps | | {PspList}
GET /sandbox/psps/{} | psp | PspProfile
PUT /sandbox/psps/{} | psp | PspProfile
GET /sandbox/routing | routing | Routing
PUT /sandbox/routing | routing | Routing
POST /sandbox/webhook-endpoints | webhook_endpoint | WebhookEndpoint
GET /sandbox/webhook-endpoints | | {WebhookEndpointList}
GET /sandbox/webhook-endpoints/{} | webhook_endpoint | WebhookEndpoint
PUT /sandbox/webhook-endpoints/{} | webhook_endpoint | WebhookEndpoint
DELETE /sandbox/webhook-endpoints/{} | |
POST /sandbox/webhook-endpoints/{}/rotate | webhook_endpoint | WebhookEndpoint
POST /sandbox/webhook-endpoints/{}/enable | webhook_endpoint | WebhookEndpoint
POST /sandbox/webhook-endpoints/{}/disable | webhook_endpoint | WebhookEndpoint
GET /sandbox/certificate.pem | | pem open
GET /sandbox/deliveries | | {DeliveryList}
GET /sandbox/deliveries/{} | delivery | Delivery
POST /sandbox/deliveries/retry | | {Retried}
POST /sandbox/deliveries/{}/retry | delivery | Delivery
GET /sandbox/delivery | delivery | Misdelivery
PUT /sandbox/delivery | delivery | Misdelivery
GET /sandbox/ledger/balances | | {AccountBalances}
GET /sandbox/ledger/journal | | {Journal}
POST /sandbox/reconcile | reconciliation | Reconciliation
GET /sandbox/payouts | | {BriefPayouts}
GET /sandbox/payouts/export | | {PayoutRows}
GET /sandbox/payouts/statement | | {StatementRows}
GET /sandbox/audit | audit | Audit
GET /sandbox/requests | | {RequestLog}
GET /sandbox/timeline/{} | timeline | Timeline
"""

#: What is no object -> how it is sent.
_MEDIA_TYPES = {"page": "text/html", "pem": "application/x-pem-file"}
HOSTED_PAGES = "hosted pages"
#: The words of a path that begin with these are grouped under another name.
_TAGS = {
    "": "API",
    "healthz": "API",
    "openapi.json": "API",
    "docs": "API",
    "checkout": HOSTED_PAGES,
    "iins": "cards",
    "network-tokens": "cards",
    "balances": "customers",
    "gateways": "gateway-configurations",
    "apm-payments": "invoices",
    "error-codes": "API",
    "telemetry": "API",
    "applepay": "cards",
    "installment-plans": "invoices",
    "sandbox": "control plane",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the API and what it answers when all goes well."""

    method: str
    #: The path with `{}` for each id.
    path: str
    key: str
    object: str
    is_list: bool = False
    #: The object's keys stand beside `success`, under no key of their own.
    is_bare: bool = False
    may_ask_customer: bool = False
    shows_native_apm: bool = False
    is_page: bool = False
    #: What a page, or what else is no JSON, is sent as.
    media_type: str = ""
    is_open: bool = False
    status: int = 200

    @property
    def tag(self) -> str:
        """The resource it belongs to."""
        return tag_of(self.path)


def tag_of(path: str) -> str:
    """The resource a path belongs to."""
    word = path.split("/")[1]
    return _TAGS.get(word, word)


def template(rule: str) -> str:
    """A route's path with `{}` for each id."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", rule)


@lru_cache(maxsize=1)
def core() -> dict[tuple[str, str], Endpoint]:
    """The core endpoints by method and path, there or not."""
    return _read(_CORE)


@lru_cache(maxsize=1)
def declared() -> dict[tuple[str, str], Endpoint]:
    """Every endpoint that has a row, by method and path."""
    return core() | _read(_OWN) | _read(_CONTROL)


def _read(text: str) -> dict[tuple[str, str], Endpoint]:
    endpoints = [_row(line) for line in text.strip().splitlines()]
    return {(one.method, one.path): one for one in endpoints}


def _row(line: str) -> Endpoint:
    where, key, answer = (part.strip() for part in line.split("|"))
    method, path = where.split()
    name, *marks = answer.split() or [""]
    return Endpoint(
        method=method,
        path=path,
        key=key,
        object=name.strip("[]{}"),
        is_list=name.startswith("["),
        is_bare=name.startswith("{"),
        may_ask_customer="action" in marks,
        shows_native_apm="native" in marks,
        is_page=name in _MEDIA_TYPES,
        media_type=_MEDIA_TYPES.get(name, ""),
        is_open="open" in marks,
        status=next((int(mark) for mark in marks if mark.isdigit()), 200),
    )
