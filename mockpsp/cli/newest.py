"""What a command is about when nobody says so: the newest payment, refund or payout of the universe."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mockpsp.cli import InputError, histories
from mockpsp.cli.servers import Caller

#: Of so many of the newest payments the first that will do is taken.
_LOOKED_AT = 20


def newest_payment(caller: Caller, *, is_paid: bool = False) -> str:
    """The transaction's id of the newest payment; `is_paid`: of one that money came in of, where there is one."""
    found = _newest(caller)
    if not found:
        raise InputError(f"{caller.project_id} at {caller.url} has no payment yet; mockpsp pay makes one")
    paid = [one for one in found if float(one["captured_amount"])] if is_paid else []
    return str((paid or found)[0]["id"])


def newest_refundable(caller: Caller) -> str:
    """The transaction's id of the newest payment that something is left of; where there is none, of the newest paid."""
    left = [one for one in _newest(caller) if float(one["captured_amount"]) and float(one["available_amount"])]
    return str(left[0]["id"]) if left else newest_payment(caller, is_paid=True)


def newest_refund(caller: Caller, payment_id: str | None = None) -> str:
    """The id of the newest refund, of one payment or of any of the newest ones."""
    ids = [payment_id] if payment_id else [one["id"] for one in _newest(caller) if float(one["captured_amount"])]
    for one in ids:
        refunds = caller.get(f"/transactions/{one}/refunds")["refunds"]
        if refunds:
            return str(max(refunds, key=lambda refund: refund["created_at"])["id"])
    what = f"{payment_id} has no refund" if payment_id else "no refund was made of the newest payments"
    raise InputError(f"{what}; mockpsp refund makes one")


def newest_payout(caller: Caller) -> str:
    """The id of the newest payout."""
    found = caller.get("/payouts?limit=1")["payouts"]
    if not found:
        raise InputError("there is no payout yet; mockpsp simulate payout.run makes one of what has settled")
    return str(found[0]["id"])


def newest_card(caller: Caller) -> str:
    """The id of the card of the newest payment that was made by one."""
    for one in _newest(caller):
        if one["card_id"]:
            return str(one["card_id"])
    raise InputError("none of the newest payments was made by card; say the card's id")


def movable(caller: Caller, move: str) -> str | None:
    """What, of the newest payments and their refunds, a move can be made of; None where it can be of none."""
    for one in _newest(caller):
        for possible in _timeline(caller, one["id"])["moves"]:
            if possible["what"] == move:
                return str(possible["on"])
    return None


@contextmanager
def consequences(caller: Caller, subject_id: str, *, is_silent: bool = False) -> Iterator[None]:
    """Print what happens to a payment in the course of a block."""
    if is_silent:
        yield
        return
    seen = {json.dumps(one) for one in _timeline(caller, subject_id)["moments"]}
    yield
    now = _timeline(caller, subject_id)
    histories.heading(now["payment"])
    histories.moments(one for one in now["moments"] if json.dumps(one) not in seen)


def _timeline(caller: Caller, subject_id: str) -> dict[str, Any]:
    return dict(caller.get(f"/sandbox/timeline/{subject_id}")["timeline"])


def _newest(caller: Caller) -> list[Mapping[str, Any]]:
    return list(caller.get(f"/transactions?limit={_LOOKED_AT}")["transactions"])
