"""Links of the OpenAPI document: from an answer that holds an id to the operations that take one.

An object made at `POST /things` leads to every operation under `/things/{id}`; a transaction, wherever it is answered,
to those under `/transactions/{id}`; and so on. The ids that the first path had go on to the second.
"""

import re
from typing import Any

from mockpsp.api.described.endpoints import Endpoint

#: Object -> the path under which it is found by its id. The one of the answer's own path comes first.
_PLACES = {
    "Invoice": "/invoices/{}",
    "Transaction": "/transactions/{}",
    "Customer": "/customers/{}",
    "Token": "/customers/{}/tokens/{}",
    "Card": "/cards/{}",
    "Refund": "/transactions/{}/refunds/{}",
    "Product": "/products/{}",
    "GatewayConfiguration": "/gateway-configurations/{}",
}
#: Ids that an object of that kind names beside its own, for the earlier places of a path.
_PARENT = {"Token": "customer_id", "Refund": "transaction_id"}
#: What a new object may not have yet: a link would lead to a 404.
_MAY_LACK = {("get", "/invoices/{}/customers")}
_ID = re.compile(r"\{([a-z_]+)\}")


def links_of(endpoint: Endpoint, path: str, paths: dict[str, Any]) -> dict[str, Any]:
    """The links of one answer to all operations on the object it holds; none back to where it came from."""
    place = _PLACES.get(endpoint.object)
    if place is None or endpoint.method == "DELETE":
        return {}
    found = {}
    for target, operations in paths.items():
        if not _is_under(target, place):
            continue
        for method, operation in operations.items():
            is_new = (method.upper(), target) != (endpoint.method, path)
            if is_new and (method, _ID.sub("{}", target)) not in _MAY_LACK:
                parameters = _parameters(endpoint, target, place)
                found[operation["operationId"]] = {"operationId": operation["operationId"], "parameters": parameters}
    return found


def _is_under(target: str, place: str) -> bool:
    """Whether the path names exactly the ids of the place, and maybe a word more."""
    shape = _ID.sub("{}", target)
    return shape == place or (shape.startswith(f"{place}/") and shape.count("{}") == place.count("{}"))


def _parameters(endpoint: Endpoint, target: str, place: str) -> dict[str, str]:
    """The ids of the path: the object's own last, those it names before."""
    names = _ID.findall(target)[: place.count("{}")]
    parents = [_PARENT[endpoint.object]] if len(names) > 1 else []
    values = [*parents, "id"]
    return {name: f"$response.body#/{endpoint.key}/{value}" for name, value in zip(names, values, strict=True)}
