"""Virtual time: effects and deliveries of one universe, run in one total order.

The order is (due time, effect before delivery, sequence number). An effect is a command through the engine. A delivery
commits first, posts with no transaction open, then records the attempt in a new one, so a receiver may call the API
back: an ordinary request at that instant, whose effects join the loop. Nothing here sleeps. Read clock_driver.py for
the thread that drives universes on real time.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from mockpsp.config import Settings
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import effects, posting
from mockpsp.engine.couriers import Couriers, Job
from mockpsp.engine.early import Early, EarlyPosts
from mockpsp.engine.effects import Follow, Step, move_clock, nothing_follows
from mockpsp.engine.posting import Poster
from mockpsp.engine.trouble import Ended, Patience
from mockpsp.engine.universes import Universes, UniverseTx
from mockpsp.store import agenda
from mockpsp.store.faults import StorageError
from mockpsp.webhooks import delivery
from mockpsp.webhooks.delivery import AttemptResult, DueDelivery

#: One advance runs at most so many steps, then says that there is more.
MAX_STEPS = 10_000
#: An advance runs at most so many effects in one transaction: a commit costs as much as one, and others wait for it.
_EFFECTS_A_COMMIT = 50
#: How long before a receiver's time is up an advance gives up waiting for it: it may be the one who asks.
_BEFORE_TIME_OUT_MS = 1_000
#: Else whoever sends what is due would go round for ever.
_ORPHAN = "what is due has an endpoint and a message"
#: How long the posts under way may take when the server ends; what they leave unrecorded is sent again.
_GRACE_S = 1.0

#: A delivery whose attempt was made, and what that met: two results where it was made twice.
_Made = tuple[DueDelivery, list[AttemptResult]]
# Primary key (project_id, seq): only what came after.
_FIRED = "SELECT 1 FROM event WHERE project_id = ? AND seq > ? AND name = ? LIMIT 1"


@dataclass(slots=True)
class AdvanceResult:
    """What an advance did. `reached`: whether the awaited event fired (None: none was awaited)."""

    steps: list[Step] = field(default_factory=list)
    is_more: bool = False
    reached: bool | None = None
    now_ms: int = 0


class Target(NamedTuple):
    """How far to go: to a moment; no further than the last thing due if `is_idle`; or until an event fires."""

    until_ms: int
    is_idle: bool = False
    event: str | None = None


class Timeline:
    """Moves the clocks of universes; one advance at a time each."""

    def __init__(self, universes: Universes, settings: Settings) -> None:
        self._universes = universes
        self._settings = settings
        self._guard = threading.Condition()
        self._advancing: set[int] = set()
        #: Universe -> number -> the delivery under way.
        self._posting: dict[int, dict[int, DueDelivery]] = {}
        self._early = EarlyPosts(self._guard)
        self._poster = Poster(settings)
        self._couriers = Couriers()
        self._patience = Patience()
        #: Attempts whose record is being written, and whether none may begin any more.
        self._recording = 0
        self.is_ending = False
        #: Called with a universe's number when it has something new to do; the wall driver sets it.
        self.notify_driver: Callable[[int], None] = lambda no: None
        #: The same, once a moment of real time has come.
        self.notify_later: Callable[[int, int], None] = lambda no, at_ms: None
        #: What the API knows to follow from an effect; the application sets it.
        self.follow: Follow = nothing_follows
        #: Told what ran apart from an advance, which says so itself; the application sets it.
        self.on_ran: Callable[[int, list[Step]], None] = lambda no, steps: None

    def advance(self, no: int, target: Target, *, wait_ms: int | None = None) -> AdvanceResult:
        """Run what falls due up to the target, then move the clock there. Refused (409) while another one runs.

        On the wall, deliveries may be under way already. They end first; one that takes longer than `wait_ms` of real
        time refuses this (409), since its receiver may be the one who asks. None: a second less than a receiver may
        take, or half of that.
        """
        if wait_ms is None:
            limit_ms = self._settings.receiver_timeout_ms
            wait_ms = max(limit_ms - _BEFORE_TIME_OUT_MS, limit_ms // 2)
        with self._only_one(no, wait_ms):
            return self._advance(no, target)

    def post_due(self, no: int) -> int | None:
        """One round of a wall universe: run the effects due by now, start due deliveries, answer when to come back.

        Deliveries are posted in the background, one at a time an endpoint, so that a receiver that hangs holds up
        nobody else. None: nothing waits.
        """
        with self._guard:
            if no in self._advancing or self.is_ending:
                return None  # the advance runs what is due, and wakes the driver when it ends
            busy = {due.endpoint_seq for due in self._posting.get(no, {}).values()}
        with self._universes.writing_by_no(no) as tx:
            if tx is None or tx.project.clock_mode != "wall":
                return None
            self.catch_up(tx)
            batch = delivery.due_batch(tx.conn, no, tx.now_ms, busy=busy)
            due_at_ms = next_due(tx, busy=busy | {due.endpoint_seq for due in batch})
            assert batch or due_at_ms is None or due_at_ms > tx.now_ms, _ORPHAN
            offset_ms, generation = tx.project.offset_ms, tx.project.generation
        for due in batch:
            with self._guard:
                if no in self._advancing or due.seq in self._posting.get(no, {}) or self._early.has(no, due.seq):
                    continue
                self._posting.setdefault(no, {})[due.seq] = due
            self._couriers.submit(no, partial(self._post_alone, no, generation, due))
        return None if due_at_ms is None else due_at_ms - offset_ms

    def tell_driver(self, tx: UniverseTx) -> None:
        """The driver hears of what a call brought about, where it would not come upon it by itself: what its endpoint
        is busy for is sent by whoever is busy with it, and what is due later waits for its moment.
        """
        no, told, due_at_ms, offset_ms = tx.project.no, tx.told_endpoints, tx.next_effect_ms, tx.project.offset_ms
        if not tx.has_new_work:
            if due_at_ms is not None and due_at_ms > tx.now_ms:
                self.notify_later(no, due_at_ms - offset_ms)
                due_at_ms = None
            if due_at_ms is None and self._is_busy_with(no, told):
                return
        self.notify_driver(no)

    def _is_busy_with(self, no: int, endpoints: Collection[int]) -> bool:
        if not endpoints:
            return True
        with self._guard:
            busy = {due.endpoint_seq for due in self._posting.get(no, {}).values()}
        return busy.issuperset(endpoints)

    def reserve_early(self, tx: UniverseTx) -> Early:
        """What this call is to deliver before it answers is nobody else's from its commit on; `post_early` must follow,
        or `forget_early` where nothing was committed.
        """
        return self._early.reserve(tx)

    def forget_early(self, early: Early) -> None:
        """Nothing of it is sent before an answer."""
        self._early.end(early, early.seqs)

    def post_early(self, early: Early) -> None:
        """One attempt of each, in order, and its record; what fails, or is left when the server ends, is ordinary."""
        for seq in early.seqs:
            try:
                self._post_one_early(early, seq)
            except StorageError as error:
                self._patience.say(f"a webhook before its answer could not be recorded, and is sent again: {error}")
            finally:
                self._early.end(early, (seq,))
        self.notify_driver(early.no)

    def _post_one_early(self, early: Early, seq: int) -> None:
        with self._universes.writing_by_no(early.no) as tx:
            if tx is None or tx.project.generation != early.generation or self.is_ending:
                return
            due = delivery.due_one(tx.conn, early.no, seq, tx.now_ms)
        if due is None:
            return
        results = self._poster.post(due)
        ran: list[Step] = []
        with self._may_record() as may_record:
            if may_record:
                with self._universes.writing_by_no(early.no) as tx:
                    if tx is not None and tx.project.generation == early.generation:
                        ran += _record(tx, due, results)
        self.on_ran(early.no, ran)

    def catch_up(self, tx: UniverseTx) -> None:
        """Run the effects of a wall universe that are due by now."""
        steps = effects.run_due_effects(tx, self.follow)
        if steps:
            no = tx.project.no
            tx.after_commit.append(lambda: self.on_ran(no, steps))

    def is_idle(self, tx: UniverseTx, until_ms: int) -> bool:
        """Whether nothing falls due up to a moment and nothing is being posted."""
        due_at_ms = next_due(tx)
        with self._guard:
            is_posting = bool(self._posting.get(tx.project.no))
        return not is_posting and (due_at_ms is None or due_at_ms > until_ms)

    def stop_moving(self) -> None:
        """Let every advance end where it is, and begin no post any more: the server is about to stop."""
        self._patience.end()
        with self._guard:
            self.is_ending = True
            self._guard.notify_all()
        self._couriers.end(_GRACE_S)

    def close(self) -> None:
        """Stop; a post that is still under way is not recorded, and so is made again by the next server."""
        self.stop_moving()
        with self._guard:
            self._guard.wait_for(lambda: not self._recording)

    def _advance(self, no: int, target: Target) -> AdvanceResult:
        ran = AdvanceResult(reached=False if target.event else None)
        until_ms = target.until_ms
        start_seq, generation = 0, 0
        made: list[_Made] = []
        while True:
            batch: list[DueDelivery] = []
            with self._may_record() as may_record, self._universes.writing_by_no(no) as tx:
                if tx is None:
                    return ran
                if not start_seq:
                    start_seq, generation = tx.project.next_seq, tx.project.generation
                if tx.project.generation != generation:
                    return _ended(tx, ran)  # a reset came in between: what was owed then is nobody's business now
                if may_record:
                    ran.steps += [step for due, results in made for step in _record(tx, due, results)]
                if target.event and not ran.reached and _fired(tx, start_seq - 1, target.event):
                    ran.reached, until_ms = True, tx.now_ms
                effect_ms, delivery_due = agenda.first_due_ms(tx.conn, no), delivery.next_due(tx.conn, no)
                delivery_ms = delivery_due[0] if delivery_due else None
                due_at_ms = _earlier(effect_ms, delivery_ms)
                left = MAX_STEPS - len(ran.steps)
                if due_at_ms is None or due_at_ms > until_ms or left <= 0 or self.is_ending:
                    ran.is_more = due_at_ms is not None and due_at_ms <= until_ms
                    if not (ran.is_more or target.is_idle or ran.reached):
                        move_clock(tx, until_ms)
                    return _ended(tx, ran)
                is_effect = effect_ms is not None and effect_ms <= due_at_ms
                if made and is_effect:
                    made = []
                    continue  # what was sent is committed, whatever becomes of the effect
                move_clock(tx, due_at_ms)
                if is_effect:
                    # Whether the awaited event fired is looked at after each.
                    limit = 1 if target.event else min(left, _EFFECTS_A_COMMIT)
                    ran.steps += effects.run_effects(
                        tx, self.follow, until_ms=until_ms, delivery_ms=delivery_ms, limit=limit
                    )
                else:
                    batch = delivery.due_batch(tx.conn, no, tx.now_ms)
                    assert batch, _ORPHAN
            made = []
            # What a call under way sends itself is waited for: it is in line before the rest.
            if batch and not self._early.await_any(no, [due.seq for due in batch], lambda: self.is_ending):
                made = self._post_together(no, batch)

    @contextmanager
    def standing_still(self, no: int) -> Iterator[None]:
        """Nobody else moves this universe's time in this block; Refused (409) where somebody does. Posts may go on."""
        with self._guard:
            if no in self._advancing:
                raise effects.still_moving()
            self._advancing.add(no)
        try:
            yield
        finally:
            with self._guard:
                self._advancing.discard(no)
            self.notify_driver(no)

    @contextmanager
    def _only_one(self, no: int, wait_ms: int) -> Iterator[None]:
        with self.standing_still(no):
            with self._guard:
                # On a manual clock only a call sends on its own: whoever asks meanwhile is most likely its receiver.
                wait_ms = 0 if self._early.is_manual(no) else wait_ms
                self._guard.wait_for(lambda: not self._under_way(no) or self.is_ending, wait_ms / 1000)
                under_way = self._under_way(no)
                if under_way and not self.is_ending:
                    raise Refused(
                        "request.still-processing",
                        f"{under_way} is being delivered in this universe, and its receiver has not answered within "
                        f"{wait_ms} ms of waiting (wait_ms); move the clock when it has. If the receiver itself asks: "
                        "it has to answer first",
                        409,
                    )
            yield

    def _under_way(self, no: int) -> str:
        """A delivery that is being made on its own, in words; empty for none."""
        found = next(iter(self._posting.get(no, {}).values()), None)
        return self._early.under_way(no) if found is None else f"{found.topic} ({found.webhook_id})"

    def _post_together(self, no: int, batch: list[DueDelivery]) -> list[_Made]:
        """Post a batch side by side; what it met, in sequence order. Nothing of it where the server ends meanwhile."""
        results: dict[int, list[AttemptResult]] = {}

        def post(due: DueDelivery) -> None:
            results[due.seq] = self._poster.post(due)

        if not self._couriers.run_all(no, [partial(post, due) for due in batch]):
            return []
        return [(due, results[due.seq]) for due in batch]

    def _post_alone(self, no: int, generation: int, due: DueDelivery) -> Job | None:
        """Post one and record it; answers with the job of the next to the same endpoint, where one is due."""
        following: DueDelivery | None = None

        def record() -> None:
            nonlocal following
            following, ran = None, list[Step]()  # it may have been found in a commit that failed
            with self._may_record() as may_record:
                if may_record:
                    with self._universes.writing_by_no(no) as tx:
                        if tx is not None and tx.project.generation == generation:
                            ran += _record(tx, due, result)
                            following = _following(tx, due)
            self.on_ran(no, ran)

        try:
            result = self._patience.until_done("a webhook can't be sent", lambda: self._poster.post(due))
            # Until then its endpoint stays busy: the delivery would be found due again, and sent for ever.
            self._patience.until_done("the attempt of a webhook can't be recorded", record)
        except Ended:
            pass
        finally:
            goes_on = self._hand_over(no, due, following)
            if goes_on is None:
                self.notify_driver(no)
        return None if goes_on is None else partial(self._post_alone, no, generation, goes_on)

    def _hand_over(self, no: int, done: DueDelivery, following: DueDelivery | None) -> DueDelivery | None:
        """Its endpoint is free, or busy with the next one: that, unless an advance or a call has it, or all ends."""
        with self._guard:
            if following is not None and (
                no in self._advancing or self.is_ending or self._early.has(no, following.seq)
            ):
                following = None
            busy = self._posting.get(no, {})
            busy.pop(done.seq, None)
            if following is not None:
                busy[following.seq] = following
            elif not busy:
                self._posting.pop(no, None)
            self._guard.notify_all()
        return following

    @contextmanager
    def _may_record(self) -> Iterator[bool]:
        """Whether the file may still be written; it is not closed while this lasts."""
        with self._guard:
            may_record = not self.is_ending
            self._recording += may_record
        try:
            yield may_record
        finally:
            with self._guard:
                self._recording -= may_record
                self._guard.notify_all()


def next_due(tx: UniverseTx, busy: Collection[int] = ()) -> int | None:
    """When the next effect or delivery falls due; what waits for a busy endpoint is not counted."""
    effect_ms = agenda.first_due_ms(tx.conn, tx.project.no)
    due = delivery.next_due(tx.conn, tx.project.no, busy=busy)
    return _earlier(effect_ms, due[0] if due else None)


def _earlier(effect_ms: int | None, delivery_ms: int | None) -> int | None:
    if effect_ms is None or delivery_ms is None:
        return delivery_ms if effect_ms is None else effect_ms
    return min(effect_ms, delivery_ms)


def _record(tx: UniverseTx, due: DueDelivery, results: list[AttemptResult]) -> list[Step]:
    """Keep the attempts, a step each."""
    outcomes = posting.record(tx, due, results)
    return [Step(tx.now_ms, "delivery", due.topic, due.webhook_id, outcome) for outcome in outcomes]


def _following(tx: UniverseTx, done: DueDelivery) -> DueDelivery | None:
    """The next delivery to the same endpoint, unless an effect is due, which goes first."""
    effect_ms = agenda.first_due_ms(tx.conn, tx.project.no)
    if tx.project.clock_mode != "wall" or (effect_ms is not None and effect_ms <= tx.now_ms):
        return None
    return delivery.following(tx.conn, tx.project.no, done, tx.now_ms)


def _fired(tx: UniverseTx, after_seq: int, name: str) -> bool:
    return tx.conn.execute(_FIRED, (tx.project.no, after_seq, name)).fetchone() is not None


def _ended(tx: UniverseTx, ran: AdvanceResult) -> AdvanceResult:
    ran.now_ms = tx.now_ms
    return ran
