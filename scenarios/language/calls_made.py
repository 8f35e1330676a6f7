"""`expect: {requests: [...]}`: which calls of the API an application made, by route and number.

A route is as a fault names it: `POST /invoices/*/capture`, `*` for a part of the path.
"""

from mockpsp.domain import faults
from mockpsp.scenarios.language import known
from mockpsp.scenarios.language.model import RequestExpectation
from mockpsp.scenarios.language.nodes import Node, ScalarNode
from mockpsp.scenarios.language.reading import Reader

COUNT_MAX = 10_000
KEYS = ("call", "count", "no_more")


def read_request(reader: Reader, node: Node) -> RequestExpectation:
    """A route alone, or an object with `call` and `count`; or `no_more`."""
    if isinstance(node, ScalarNode):
        return RequestExpectation(_route(reader, node))
    fields = reader.fields(node, "a request", KEYS)
    if "no_more" in fields:
        if len(fields) > 1:
            reader.problems.add(node, "no_more stands alone")
        return RequestExpectation(no_more=reader.flag(fields["no_more"], "no_more"))
    if "call" not in fields:
        reader.problems.add(node, "a request needs call")
    count = fields.get("count")
    return RequestExpectation(
        _route(reader, fields["call"]) if "call" in fields else "",
        None if count is None else reader.integer(count, "a count", low=0, high=COUNT_MAX),
    )


def _route(reader: Reader, node: Node) -> str:
    text = reader.text(node, "a route such as POST /invoices/*/capture")
    if text and "${" not in text:
        try:
            route: str = faults.read_route(text, known.routes_of_api())
            return route
        except ValueError as error:
            reader.problems.add(node, f"call: {error}")
    return text
