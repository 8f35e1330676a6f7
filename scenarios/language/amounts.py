"""Amounts of the books as `expect: {ledger: ...}` has them: an amount, several, or what one must be like.

What it must be like is compared with an amount, with another account, or with a value saved earlier. Accounts under
`totals` may have `*` for any letters: their balances are summed up.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from mockpsp.ledger.account_names import unknown_accounts
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import CLOSED, MATCHERS, Difference, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import NAME, is_placeholder, read_placeholders
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader

#: An amount with its currency, as the books are written: 98.35 EUR.
LEDGER_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})? [A-Z]{3}")
#: Matchers of amounts. Other ones of matching.py are of lists, or of what may be missing.
ORDERED = ("$gt", "$gte", "$lt", "$lte")
SAME_AS, SAVE = "$same_as", "$save"
AMOUNT_MATCHERS = (*ORDERED, SAME_AS, SAVE)
ANY = "*"

#: Account and currency -> balance; debits positive.
Balances: TypeAlias = Mapping[tuple[str, str], Decimal]


def read_amounts(reader: Reader, node: Node, wanted: str, *, may_be_many: bool = False) -> dict[str, Json]:
    """Account -> a list of amounts in several currencies, or matchers; `$exact` closes it."""
    amounts: dict[str, Json] = {}
    for name, value in reader.entries(node, wanted):
        if name.text == CLOSED and not may_be_many:
            amounts[CLOSED] = reader.flag(value, CLOSED)
            continue
        read_placeholders(name, reader.log, reader.problems)
        _check_account(reader, name, name.text, may_be_many=may_be_many)
        if isinstance(value, MapNode):
            amounts[name.text] = {key.text: _argument(reader, key, one) for key, one in value.entries}
        elif isinstance(value, ListNode):
            amounts[name.text] = [read_amount(reader, item) for item in value.items]
        else:
            amounts[name.text] = [read_amount(reader, value)]
    return amounts


def read_amount(reader: Reader, node: Node) -> str:
    """An amount with its currency."""
    if is_placeholder(node):
        return reader.text(node)
    text = reader.text(node, "an amount with its currency, such as 98.35 EUR,", pattern=LEDGER_AMOUNT)
    reader.check_named("currency", node, text.rpartition(" ")[2])
    return text


def _argument(reader: Reader, name: ScalarNode, node: Node) -> str:
    """What a matcher compares with: an amount, an account, or for `$same_as` and `$save` a name."""
    if name.text not in AMOUNT_MATCHERS:
        reader.problems.add(name, f"no matcher of amounts is {name.text!r}{nearest(name.text, AMOUNT_MATCHERS)}")
        return ""
    text = node.text if isinstance(node, ScalarNode) else ""
    if ":" in text:
        _check_account(reader, node, reader.text(node).removeprefix("-"), may_be_many=True)
    elif name.text in (SAME_AS, SAVE):
        text = reader.name(node, f"a name or an account for {name.text}" if name.text == SAME_AS else "a name")
        if text:
            (reader.log.make if name.text == SAVE else reader.log.use)(text, node)
    else:
        return read_amount(reader, node)
    return text


def _check_account(reader: Reader, node: Node, name: str, *, may_be_many: bool) -> None:
    if not may_be_many or ANY not in name:
        reader.check_account(node, name)
    elif "${" not in name:
        if wrong := unknown_accounts(name):
            reader.problems.add(node, wrong)
        elif name.count(":") > 1 and ANY not in (psp := name.split(":")[2]):
            reader.check_named("psp", node, psp)


def parsed(text: Json) -> tuple[Decimal, str]:
    """Number and currency of an amount, which a placeholder may have stood for."""
    if not isinstance(text, str) or not LEDGER_AMOUNT.fullmatch(text):
        raise ReplayError(f"an amount with its currency, such as 98.35 EUR, is wanted in the books, not {show(text)}")
    number, currency = text.split(" ")
    return Decimal(number), currency


def total(account: str, balances: Balances) -> dict[str, Decimal]:
    """What an account, or all that a pattern is like, come to in each currency; a minus before it turns the sign."""
    sign = -1 if account.startswith("-") else 1
    parts = account.removeprefix("-").split(ANY)
    found: dict[str, Decimal] = {}
    for (name, currency), balance in balances.items():
        if is_like(name, parts):
            found[currency] = found.get(currency, Decimal(0)) + sign * balance
    return found


def is_like(name: str, parts: list[str]) -> bool:
    """Whether the parts of a pattern, split at its `*`, stand in a name one behind the other."""
    first, *others = parts
    if not others:
        return name == first
    *middle, last = others
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        place = name.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def compare_books(
    expected: Mapping[str, Json], actual: Balances, where: str, names: dict[str, Json]
) -> list[Difference]:
    """An account nothing was booked on holds zero of every currency."""
    found: list[Difference] = []
    named: set[tuple[str, str]] = set()
    for account, wanted in expected.items():
        if account == CLOSED:
            continue
        sums = total(account, actual)
        if isinstance(wanted, dict):
            named |= {(account, currency) for currency in sums}
            found.extend(_compare_matchers(wanted, sums, actual, f"{where}.{account}", names))
            continue
        assert isinstance(wanted, list), wanted
        for text in wanted:
            amount, currency = parsed(text)
            named.add((account, currency))
            balance = sums.get(currency, Decimal(0))
            if balance != amount:
                found.append(Difference(f"{where}.{account}", str(text), f"{balance} {currency}"))
    if CLOSED in expected:
        found.extend(
            Difference(f"{where}.{account}", "nothing (it is $exact)", f"{balance} {currency}")
            for (account, currency), balance in actual.items()
            if balance and (account, currency) not in named
        )
    return found


def _compare_matchers(
    matchers: Mapping[str, Json], sums: Mapping[str, Decimal], actual: Balances, where: str, names: dict[str, Json]
) -> list[Difference]:
    found: list[Difference] = []
    for matcher, argument in matchers.items():
        held = {currency: balance for currency, balance in sums.items() if balance}
        if matcher == SAVE:
            if len(held) != 1:
                found.append(Difference(where, f"one amount to save as {argument}", _shown(held)))
            names.update({str(argument): f"{balance} {currency}" for currency, balance in held.items()})
            continue
        other, told = _others(matcher, argument, actual, names)
        for currency in sorted({*held, *other}) or [""]:
            one, bound = held.get(currency, Decimal(0)), other.get(currency, Decimal(0))
            if not (one == bound if matcher == SAME_AS else MATCHERS[matcher](bound, one)):
                found.append(Difference(where, f"{matcher} {told}", f"{one} {currency}".strip()))
    return found


def _others(
    matcher: str, argument: Json, actual: Balances, names: Mapping[str, Json]
) -> tuple[dict[str, Decimal], str]:
    """What a balance is compared with, by currency, and in words."""
    text = str(argument)
    if ":" in text:
        sums = {currency: balance for currency, balance in total(text, actual).items() if balance}
        return sums, f"{text}, {_shown(sums)}"
    if matcher == SAME_AS and NAME.fullmatch(text):
        amount, currency = parsed(names[text])
        return {currency: amount}, f"{text}, {names[text]}"
    amount, currency = parsed(argument)
    return {currency: amount}, text


def _shown(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{balance} {currency}" for currency, balance in sorted(sums.items())) or "nothing"
