"""Payouts of a world held against its books, to the minor unit: what each is made of, and what all of them came to.

What the API shows is read over HTTP, what nobody is shown (lines that no payout paid yet, the agenda) from the store.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mockpsp.domain.psps.fees import charge
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx
from tests.fuzz.payout_lines import Line, gateway_of, line_of, money_of, to_minor

Call = Callable[[str, str], dict[str, Any]]
Hold = Callable[[bool, str], None]

_UNPAID = """SELECT gateway, currency, payment_seq, type, amount_minor, fees_minor, at_ms, repays_seq
FROM payout_item WHERE project_id = ? AND payout_seq IS NULL ORDER BY seq"""
_SUMS = {"sale": "sales", "refund": "refunds", "chargeback": "chargebacks"}
#: Facts that take back what was sold.
_TAKES = frozenset(
    "refund-made refund-accepted refund-funded chargeback-opened retrieval-requested capture-returned "
    "payment-returned".split()
)
#: How accounts end that an entry moves beside what its fact is about.
_BESIDE = ("liabilities:customers", ":reserve")
_KEPT = {"adjustment": "adjustments", "reserve": "reserve"}


class Books:
    """The journal, payouts with their items, and what was made of each transaction, as the API shows them."""

    def __init__(self, call: Call, hold: Hold) -> None:
        self.hold = hold
        self.journal: list[dict[str, Any]] = call("GET", "/sandbox/ledger/journal")["journal"]
        self.balances: dict[str, dict[str, str]] = call("GET", "/sandbox/ledger/balances")["balances"]
        self.payouts = list(pages(call, "/payouts", "payouts"))
        self.lines = {
            payout["id"]: [line_of(payout, shown) for shown in pages(call, f"/payouts/{payout['id']}/items", "items")]
            for payout in self.payouts
        }
        self.transactions = list(pages(call, "/transactions", "transactions", "&expand=payout_items"))

    def booked(self, account: str, currency: str) -> int:
        """The balance of an account, debits positive."""
        return to_minor(self.balances.get(account, {}).get(currency, "0"), currency)

    def booked_as(self, *facts: str) -> Counter[str]:
        """Currency -> what entries of these facts moved, beside debts to customers and what reserves gave for it."""
        found: Counter[str] = Counter()
        for entry in self.journal:
            for posting in entry["postings"] if entry["fact"] in facts else ():
                if any(name.endswith(_BESIDE) for name in (posting["debit"], posting["credit"])):
                    continue
                found[posting["currency"]] += to_minor(posting["amount"], posting["currency"])
        return found

    def paid_by_disputes(self, currency: str) -> int:
        """Debts to customers that disputes paid, less those that are owed again since one was won after all."""
        paid_minor = 0
        for entry in self.journal:
            for posting in entry["postings"]:
                is_dispute = entry["fact"].startswith("chargeback-")
                if not is_dispute and "expenses:chargebacks" not in (posting["debit"], posting["credit"]):
                    continue
                sign = (posting["debit"] == "liabilities:customers") - (posting["credit"] == "liabilities:customers")
                if sign and posting["currency"] == currency:
                    paid_minor += sign * to_minor(posting["amount"], currency)
        return paid_minor

    def accounts(self, end: str) -> list[str]:
        """Accounts whose name ends so."""
        return [name for name in self.balances if name.endswith(end)]

    def paid(self) -> Iterator[Line]:
        """Every line that a payout paid."""
        for lines in self.lines.values():
            yield from lines


def pages(call: Call, path: str, name: str, more: str = "") -> Iterator[dict[str, Any]]:
    """All of a list, oldest first."""
    after = ""
    while True:
        page = call("GET", f"{path}?limit=50&order=asc{more}{after}")
        yield from page[name]
        if not page["has_more"]:
            return
        after = f"&start_after={page[name][-1]['id']}"


def check_payouts(books: Books, unpaid: list[Line]) -> None:
    """Each payout adds up from its items; all of them agree with the journal; no line is in two."""
    ids = [line.id for line in books.paid()]
    books.hold(len(ids) == len(set(ids)), "an item is in two payouts")
    for payout in books.payouts:
        _check_sums(books, payout, books.lines[payout["id"]])
        _check_entry(books, payout, books.lines[payout["id"]])
    _check_failed(books, [*books.paid(), *unpaid])
    _check_reserves(books)
    _check_balances(books, unpaid)
    _check_transactions(books, [line for line in (*books.paid(), *unpaid) if line.transaction])


def unpaid_lines(tx: UniverseTx) -> list[Line]:
    """What no payout has paid yet."""
    return [
        Line(
            gateway,
            currency,
            tx.optional_id("tr_", payment_seq),
            type_name,
            amount_minor,
            fees_minor,
            at_ms,
            repays=tx.optional_id("payt_", repays_seq),
        )
        for gateway, currency, payment_seq, type_name, amount_minor, fees_minor, at_ms, repays_seq in tx.conn.execute(
            _UNPAID, (tx.project.no,)
        )
    ]


def check_shares(tx: UniverseTx, books: Books) -> None:
    """Each payout costs its fee of what is available, and is no less than the minimum."""
    for payout in books.payouts:
        _, profile = gateway_profile(tx, gateway_of(payout))
        lines, currency = books.lines[payout["id"]], payout["currency"]
        fee_minor = _own_fee(lines)
        available_minor = sum(line.net_minor for line in lines) + fee_minor
        due_minor = charge(profile.payout_fee, available_minor, currency, profile.rounding)
        books.hold(fee_minor == due_minor, f"{payout['id']} costs {fee_minor}, not {due_minor}")
        paid_minor, least_minor = to_minor(payout["amount"], currency), profile.payout_minimum_minor.get(currency, 1)
        books.hold(paid_minor >= least_minor, f"{payout['id']} pays {paid_minor}, less than {least_minor}")


def check_at_rest(books: Books, unpaid: list[Line]) -> None:
    """When all has settled: lines of each type come to what the books say of sales, refunds, disputes and fees."""
    lines = [*books.paid(), *unpaid]
    paid_to_cards = books.booked_as("paid-out")
    added = books.booked_as("balance-added", "payout-failed")
    taken_back = books.booked_as("payment-returned", "capture-returned")
    restored = books.booked_as("capture-restored")
    for currency in sorted({line.currency for line in lines}):
        found: Counter[str] = Counter()
        for line in lines:
            if line.currency == currency:
                is_fee = line.type == "fee"
                found["fees"] -= line.net_minor if is_fee else line.fees_minor
                found[line.type] += 0 if is_fee else line.amount_minor
        back_minor = taken_back[currency] - restored[currency]
        owed = -books.booked("liabilities:customers", currency)
        by_disputes = books.paid_by_disputes(currency)
        booked = {
            "sale": -books.booked("income:sales", currency) + back_minor,
            "refund": owed + by_disputes - _all(books, currency, "income:refunds", ":refunds-in-flight"),
            "adjustment": added[currency] - paid_to_cards[currency] - back_minor,
            "chargeback": -by_disputes - _all(books, currency, "expenses:chargebacks", ":disputed"),
            "reserve": -_all(books, currency, ":reserve"),
            "fees": sum(books.booked(name, currency) for name in books.balances if name.startswith("expenses:psp:")),
        }
        for name, minor in booked.items():
            books.hold(found[name] == minor, f"{name} lines come to {found[name]} {currency}, the books say {minor}")
        pending_minor = _all(books, currency, ":pending")
        books.hold(pending_minor == 0, f"{pending_minor} {currency} never settled")


def _check_sums(books: Books, payout: dict[str, Any], lines: list[Line]) -> None:
    currency = payout["currency"]
    shown = {name: to_minor(payout[name], currency) for name in payout if name.endswith(("_volume", "_fees"))}
    shown |= {name: to_minor(payout[name], currency) for name in ("amount", "fees", "adjustments", "reserve")}
    wanted = {"amount": sum(line.net_minor for line in lines)}
    for type_name, name in (_SUMS | _KEPT).items():
        of_type = [line for line in lines if line.type == type_name]
        wanted[f"{name}_volume"] = sum(line.amount_minor for line in of_type)
        wanted[f"{name}_fees"] = sum(line.fees_minor for line in of_type)
        if name in shown:
            wanted[name] = wanted[f"{name}_volume"]
        else:
            count = payout[f"{name}_transactions"]
            books.hold(count == len(of_type), f"{payout['id']} counts {count} {name}, not {len(of_type)}")
    wanted["fees"] = sum(line.net_minor if line.type == "fee" else line.fees_minor for line in lines)
    books.hold(shown == wanted, f"{payout['id']} shows {shown}, its items come to {wanted}")
    books.hold(wanted["amount"] > 0, f"{payout['id']} pays {wanted['amount']}")


def _check_entry(books: Books, payout: dict[str, Any], lines: list[Line]) -> None:
    """What the journal says of a payout is its amount to the bank, and its own fee."""
    entries = [entry for entry in books.journal if entry["on"] == payout["id"] and entry["fact"] == "payout-sent"]
    books.hold(len(entries) == 1, f"{payout['id']} has {len(entries)} entries")
    gateway, currency = gateway_of(payout), payout["currency"]
    moved = Counter[str]()
    for posting in entries[0]["postings"]:
        books.hold(posting["credit"] == f"assets:psp:{gateway}:available", f"{payout['id']} takes {posting}")
        moved[posting["debit"]] += to_minor(posting["amount"], currency)
    sent_to = [posting["debit"] for posting in entries[0]["postings"]]
    bank = next((name for name in sent_to if name == f"assets:transit:{gateway}"), "assets:bank")
    arrived = [entry for entry in books.journal if entry["on"] == payout["id"] and entry["fact"] == "payout-arrived"]
    is_there = payout["status"] == "received"
    books.hold(
        len(arrived) <= 1 and (bank == "assets:bank" or not is_there or len(arrived) == 1),
        f"{payout['id']} is {payout['status']}, and arrived {len(arrived)} times",
    )
    books.hold((payout["settled_at"] is not None) >= is_there, f"{payout['id']} is there, and nobody knows since when")
    own = {
        bank: to_minor(payout["amount"], currency),
        f"expenses:psp:{gateway}:other": _own_fee(lines),
    }
    own = {account: minor for account, minor in own.items() if minor}
    books.hold(dict(moved) == own, f"{payout['id']} moved {dict(moved)}, its items say {own}")


def _check_failed(books: Books, lines: Iterable[Line]) -> None:
    """Each payout that failed has its entry, and one line that brings its money back."""
    brought = [(line.repays, line.net_minor) for line in lines if line.repays]
    failed = [
        (one["id"], to_minor(one["amount"], one["currency"])) for one in books.payouts if one["status"] == "failed"
    ]
    booked = [
        (entry["on"], sum(to_minor(posting["amount"], posting["currency"]) for posting in entry["postings"]))
        for entry in books.journal
        if entry["fact"] == "payout-failed"
    ]
    books.hold(sorted(brought) == sorted(failed), f"failed payouts {failed}, brought back {brought}")
    books.hold(sorted(booked) == sorted(failed), f"failed payouts {failed}, booked {booked}")


def _check_reserves(books: Books) -> None:
    """Whatever takes sold money back takes it from the reserve as far as that goes, and none is ever below zero."""
    held: Counter[tuple[str, str]] = Counter()
    for entry in books.journal:
        moved: Counter[tuple[str, str]] = Counter()
        taken: Counter[tuple[str, str]] = Counter()
        for posting in entry["postings"]:
            minor, sides = to_minor(posting["amount"], posting["currency"]), (posting["debit"], posting["credit"])
            reserve = next((name for name in sides if name.endswith(":reserve")), None)
            if reserve is not None:
                moved[reserve, posting["currency"]] += minor if reserve == sides[0] else -minor
            elif not any(name.startswith("expenses:psp:") for name in sides):
                for name, sign in zip(sides, (-1, 1), strict=True):
                    if name.endswith(":available"):
                        taken[name.replace(":available", ":reserve"), posting["currency"]] += sign * minor
        if entry["fact"] in _TAKES:
            for key, minor in taken.items():
                due_minor = min(held[key], max(0, minor))
                books.hold(moved[key] == -due_minor, f"{entry['on']} moved {moved[key]} of {key[0]}, not {due_minor}")
        elif moved and entry["fact"] != "reserve-returned":
            kinds = ("capture-settled", "capture-restored")
            books.hold(entry["fact"] in kinds, f"{entry['fact']} of {entry['on']} moved a reserve")
        held.update(moved)
        books.hold(all(held[key] >= 0 for key in moved), f"{entry['fact']} of {entry['on']} leaves a reserve below 0")


def _check_balances(books: Books, unpaid: Iterable[Line]) -> None:
    """Bank, available and reserve are what payouts and the lines that wait come to."""
    wanted: Counter[tuple[str, str]] = Counter()
    for payout in books.payouts:
        if payout["status"] != "failed":
            place = "assets:bank" if payout["status"] == "received" else f"assets:transit:{gateway_of(payout)}"
            wanted[place, payout["currency"]] += to_minor(payout["amount"], payout["currency"])
    for currency, minor in books.booked_as("balance-added").items():
        wanted["assets:bank", currency] -= minor
    unpaid = list(unpaid)
    for line in unpaid:
        wanted[f"assets:psp:{line.gateway}:available", line.currency] += line.net_minor
    for line in [*books.paid(), *unpaid]:
        if line.type == "reserve":
            wanted[f"assets:psp:{line.gateway}:reserve", line.currency] -= line.amount_minor
    names = [name for end in ("assets:bank", ":available", ":reserve") for name in books.accounts(end)]
    names += [name for name in books.balances if name.startswith("assets:transit:")]
    booked = {(name, code): to_minor(text, code) for name in names for code, text in books.balances[name].items()}
    for key in {*wanted, *booked}:
        books.hold(
            wanted[key] == booked.get(key, 0), f"{key[0]} has {booked.get(key, 0)} {key[1]}, lines say {wanted[key]}"
        )


def _check_transactions(books: Books, lines: Iterable[Line]) -> None:
    """A transaction's items are those of the payouts and those that wait; they say what the journal says at each
    moment, and so does their summary."""
    shown = [
        Line(
            "",
            one["currency"],
            one["id"],
            item["type"],
            *money_of(item, one["currency"]),
            parse_rfc3339(item["created_at"]),
        )
        for one in books.transactions
        for item in one["payout_items"]
    ]
    books.hold(
        Counter(line[2:7] for line in shown) == Counter(line[2:7] for line in lines),
        "items of transactions and items of payouts differ",
    )
    told: Counter[tuple[str, int]] = Counter()
    for line in shown:
        told[str(line.transaction), line.at_ms] += line.net_minor
    booked: Counter[tuple[str, int]] = Counter()
    for entry in books.journal:
        for posting in entry["postings"] if str(entry["on"]).startswith("tr_") else ():
            minor = to_minor(posting["amount"], posting["currency"])
            if (posting["debit"] + posting["credit"]).count(":reserve"):
                continue  # it is of no one transaction
            booked[entry["on"], parse_rfc3339(entry["at"])] += minor if posting["debit"].endswith(":available") else 0
            booked[entry["on"], parse_rfc3339(entry["at"])] -= minor if posting["credit"].endswith(":available") else 0
    for key in {*told, *booked}:
        books.hold(told[key] == booked[key], f"{key}: items say {told[key]}, the journal {booked[key]}")
    failed = {payout["id"] for payout in books.payouts if payout["status"] == "failed"}
    received = {payout["id"] for payout in books.payouts if payout["status"] == "received"}
    again = {line.repays: line.payout for line in books.paid() if line.repays}
    for one in books.transactions:
        _check_summary(books, one, failed, received, again)


def _check_summary(
    books: Books, transaction: dict[str, Any], failed: set[str], received: set[str], again: dict[str, str | None]
) -> None:
    """`again`: failed payout -> the one that paid its money."""
    summary, items, currency = transaction["payout_summary"], transaction["payout_items"], transaction["currency"]
    money = [money_of(item, currency) for item in items]
    is_paid = []
    for item in items:
        payout = item["payout_id"]
        while payout in failed:
            payout = again.get(payout)
        is_paid.append(payout in received)
    amounts = [amount for amount, _ in money]
    names = ("total_amount", "settled_amount", "settled_amount_local", "fees", "fees_local")
    settled_minor = sum(amount for amount, paid in zip(amounts, is_paid, strict=True) if paid)
    fees_minor = sum(fees for _, fees in money)
    shown = [to_minor(summary[name], currency) for name in names]
    wanted = [sum(amounts), settled_minor, settled_minor, fees_minor, fees_minor]
    books.hold(shown == wanted, f"{transaction['id']} sums up {shown}, its items come to {wanted}")
    breakdown = [to_minor(text, currency) for text in summary["fees_breakdown"].values()]
    books.hold(sum(breakdown) == fees_minor, f"{transaction['id']} breaks down {breakdown}, not {fees_minor}")
    captures = [entry for entry in books.journal if (entry["on"], entry["fact"]) == (transaction["id"], "captured")]
    # Each capture has its sale line once it settled.
    has_all = [item["type"] for item in items].count("sale") == len(captures)
    is_settled = bool(items) and all(is_paid) and has_all
    status = "settled" if is_settled else "partially-settled" if any(is_paid) else "pending"
    books.hold(
        (summary["is_settled"], summary["settlement_status"]) == (is_settled, status),
        f"{transaction['id']} is {summary['settlement_status']}, its items are {status}",
    )


def _own_fee(lines: Iterable[Line]) -> int:
    """What a payout cost by itself."""
    return -sum(line.net_minor for line in lines if line.type == "fee" and not line.transaction)


def _all(books: Books, currency: str, *ends: str) -> int:
    return sum(books.booked(name, currency) for end in ends for name in books.accounts(end))
