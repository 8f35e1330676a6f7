"""When a gateway's next payout is due. The first money that becomes available plans it; what comes later finds it.

What is planned is in the project's settings, so that nothing is looked up. A payout that ran plans no other one: the
next money to come does, so a universe without any comes to rest.
"""

from collections.abc import Iterable

from mockpsp.domain.commands import RunPayouts
from mockpsp.domain.decision import Effect
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.psps.schedules import next_payout_ms
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda

_SETTING = "planned_payouts"


def plan(tx: UniverseTx, gateway: str, profile: PspProfile, *, is_arrival: bool = False) -> None:
    """A payout is on the agenda, at the first moment of the schedule to come, unless one is there already.

    `is_arrival`: money has come that the PSP sent, so that a payout of this moment takes it; what a bank sends back, or
    the merchant, waits for the next one.
    """
    if gateway in tx.project.settings.get(_SETTING, ()):
        return
    due_at_ms = next_payout_ms(profile, tx.now_ms, is_arrival=is_arrival)
    if due_at_ms is None:
        return
    effect = (tx.mint.next(), Effect(due_at_ms, RunPayouts(gateway)))
    agenda.insert_effects(tx.conn, tx.project.no, 0, [effect])
    planned = {*tx.project.settings.get(_SETTING, ()), gateway}
    tx.project.settings[_SETTING] = sorted(planned)
    tx.is_project_changed = tx.has_new_work = True


def drop(tx: UniverseTx, gateways: Iterable[str]) -> None:
    """What was planned at these gateways comes off the agenda."""
    planned = set(tx.project.settings.get(_SETTING, ())).intersection(gateways)
    if planned:
        agenda.delete_payouts(tx.conn, tx.project.no, planned)
        forget(tx, *planned)


def forget(tx: UniverseTx, *gateways: str) -> None:
    """The planned payouts' moment has come: what becomes available from now on plans other ones."""
    left = sorted(set(tx.project.settings.get(_SETTING, ())).difference(gateways))
    if left:
        tx.project.settings[_SETTING] = left
    else:
        tx.project.settings.pop(_SETTING, None)
    tx.is_project_changed = True
