"""What the words of a calculation do: each a pattern and the call it makes. To add one: a method and a row in `WORDS`.

A payment is the last one made, or the one that `payment 1` goes back to; a refund, a dispute or a payout the last one.
"""

import re
from collections.abc import Callable
from typing import Any

from mockpsp.sandbox_client import Sandbox

PSP = "north"
_AMOUNT = r"([0-9]+(?:\.[0-9]+)?)"


class Shop:
    """A merchant with one PSP, who does what the words say."""

    def __init__(self, sandbox: Sandbox, currency: str) -> None:
        self._sandbox = sandbox
        self._currency = currency
        #: Invoice and transaction of each payment, and which one is meant.
        self._payments: list[tuple[str, str]] = []
        self._meant = -1
        self._refunds: list[str] = []
        self._payouts: list[str] = []

    def do(self, words: str) -> None:
        """Make the one call that the words stand for."""
        for pattern, act in WORDS.items():
            if found := re.fullmatch(pattern, words):
                act(self, *found.groups())
                return
        raise AssertionError(f"{words!r}: no such words; known: {'; '.join(WORDS)}")

    def pay(self, amount: str) -> None:
        self._invoice(amount, "capture")

    def pay_seller(self, amount: str) -> None:
        self._invoice(amount, "payout")

    def authorize(self, amount: str) -> None:
        self._invoice(amount, "authorize")

    def meant(self, number: str) -> None:
        self._meant = int(number) - 1

    def capture(self, amount: str, last: str | None = None) -> None:
        body = {"capture_amount": amount, "capture_type": "final" if last else "non-final"}
        self._sandbox.post(f"/invoices/{self._payments[self._meant][0]}/capture", body)

    def capture_rest(self) -> None:
        self._sandbox.post(f"/invoices/{self._payments[self._meant][0]}/capture")

    def void(self, amount: str | None = None) -> None:
        body = {"amount": amount} if amount else {}
        self._sandbox.post(f"/invoices/{self._payments[self._meant][0]}/void", body)

    def refund(self, amount: str, instantly: str | None = None) -> None:
        body: dict[str, Any] = {"amount": amount}
        if instantly:
            body["metadata"] = {"mockpsp_refund_speed": "instant"}
        self._refund(body)

    def refund_rest(self) -> None:
        self._refund({})

    def refused(self, amount: str) -> None:
        path = f"/transactions/{self._payments[self._meant][1]}/refunds"
        answer = self._sandbox.call("POST", path, {"amount": amount})
        assert answer.status_code in (400, 410), f"refund of {amount} was made: {answer.text}"

    def win(self, amount: str | None = None) -> None:
        self._move("chargeback.win", **({"amount": amount} if amount else {}))

    def dispute(self, new: str | None, amount: str | None = None) -> None:
        given = {"amount": amount, "dispute": "new" if new else None}
        self._move("chargeback.open", **{name: value for name, value in given.items() if value})

    def wait(self, span: str) -> None:
        self._sandbox.advance(span)

    def add(self, amount: str) -> None:
        self._sandbox.simulate("balance.add", PSP, amount=amount, currency=self._currency)

    def pay_out(self) -> None:
        self._payouts += self._sandbox.simulate("payout.run", PSP)["ids"]

    def pay_nothing(self) -> None:
        answer = self._sandbox.call("POST", "/sandbox/simulate", {"what": "payout.run", "on": PSP})
        assert answer.status_code == 400, f"something was paid out: {answer.text}"

    def reserve_back(self) -> None:
        self._sandbox.simulate("reserve.release", PSP)

    def _invoice(self, amount: str, how: str) -> None:
        asked = {"name": "Order", "amount": amount, "currency": self._currency}
        invoice = str(self._sandbox.post("/invoices", asked)["invoice"]["id"])
        paid = self._sandbox.post(f"/invoices/{invoice}/{how}", {"source": self._sandbox.card()})
        self._payments.append((invoice, str(paid["transaction"]["id"])))
        self._meant = -1

    def _refund(self, body: dict[str, Any]) -> None:
        path = f"/transactions/{self._payments[self._meant][1]}/refunds"
        self._refunds.append(str(self._sandbox.post(path, body)["refund"]["id"]))

    def _move(self, what: str, **details: str) -> None:
        self._sandbox.simulate(what, self._payments[self._meant][1], **details)

    def _move_refund(self, what: str) -> None:
        self._sandbox.simulate(what, self._refunds[-1])

    def _move_payout(self, what: str) -> None:
        self._sandbox.simulate(what, self._payouts[-1])


def _payment(what: str) -> Callable[[Shop], None]:
    return lambda shop: shop._move(what)


def _refund(what: str) -> Callable[[Shop], None]:
    return lambda shop: shop._move_refund(what)


def _payout(what: str) -> Callable[[Shop], None]:
    return lambda shop: shop._move_payout(what)


#: Words -> what they do. An amount is in the calculation's currency, a span of time as in `3d`.
WORDS: dict[str, Callable[..., None]] = {
    f"pay {_AMOUNT}": Shop.pay,
    f"pay a seller {_AMOUNT}": Shop.pay_seller,
    f"authorize {_AMOUNT}": Shop.authorize,
    "payment ([1-9])": Shop.meant,
    f"capture {_AMOUNT}( as the last)?": Shop.capture,
    "capture the rest": Shop.capture_rest,
    f"void(?: {_AMOUNT})?": Shop.void,
    "capture fails": _payment("capture.fail"),
    "capture succeeds": _payment("capture.succeed"),
    "payment comes back": _payment("payment.fail"),
    f"refund {_AMOUNT}( instantly)?": Shop.refund,
    "refund the rest": Shop.refund_rest,
    f"refund {_AMOUNT} is refused": Shop.refused,
    "refund arrives": _refund("refund.settle"),
    "refund fails": _refund("refund.fail"),
    "refund is cancelled": _refund("refund.cancel"),
    "refund slows down": _refund("refund.fall_back"),
    "debt is released": _payment("refund.release"),
    f"(another )?dispute(?: {_AMOUNT})?": Shop.dispute,
    "answer": _payment("chargeback.contest"),
    f"win(?: {_AMOUNT})?": Shop.win,
    "lose": _payment("chargeback.lose"),
    "accept": _payment("chargeback.accept"),
    "no answer": _payment("chargeback.expire"),
    "pre-arbitration": _payment("pre_arbitration.open"),
    "question": _payment("retrieval_request.open"),
    "question answered": _payment("retrieval_request.answer"),
    "wait ([0-9]+(?:h|d|bd))": Shop.wait,
    f"add {_AMOUNT}": Shop.add,
    "pay out": Shop.pay_out,
    "nothing to pay out": Shop.pay_nothing,
    "payout arrives": _payout("payout.arrive"),
    "payout comes back": _payout("payout.fail"),
    "reserve comes back": Shop.reserve_back,
}
