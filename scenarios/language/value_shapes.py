"""What single values of stories look like to a schema: amounts of the books, rows of tables, names for them."""

from mockpsp.scenarios.language import amounts, matching, rows
from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.shapes import Shape, closed, list_of, named, text, whole

_PLAIN: Shape = {"type": ["string", "integer", "boolean", "null"]}
#: One name and nothing else, with a minus before it where that is an amount's: what it stands for is seen later.
NAMED: Shape = {"type": "string", "pattern": r"^-?\$\{[^{}]*\}$"}
AMOUNT = {"anyOf": [{"type": "string", "pattern": whole(amounts.LEDGER_AMOUNT)}, NAMED]}
LIKE_AMOUNTS = closed(amounts.AMOUNT_MATCHERS, dict.fromkeys(amounts.AMOUNT_MATCHERS, text()))
AMOUNTS_OF_ONE: Shape = {"anyOf": [AMOUNT, {"type": "array", "items": AMOUNT}, LIKE_AMOUNTS]}
AMOUNTS: Shape = {
    "type": "object",
    "properties": {matching.CLOSED: {"type": "boolean"}},
    "additionalProperties": AMOUNTS_OF_ONE,
}
#: A table: rows of values that go together.
ROWS = list_of(
    {**named(NAME, {"type": ["string", "integer", "boolean", "null"]}, rows.COLUMNS_MAX), "minProperties": 1}
)
