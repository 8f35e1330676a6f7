"""Posts are shared out fairly, threads are bounded, and ending waits for nobody."""

import threading
import weakref

from mockpsp import wallclock
from mockpsp.engine.couriers import Couriers, Job
from tests.mockpsp.worlds import PATIENCE_S, holds_soon


class Gate:
    """Jobs that hang until it opens, and a count of those that began."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.began = threading.Semaphore(0)

    def job(self) -> None:
        self.began.release()
        self.opened.wait(PATIENCE_S)

    def have_begun(self, count: int) -> bool:
        return all(self.began.acquire(timeout=PATIENCE_S) for _ in range(count))


def test_a_universe_has_no_more_than_its_share_under_way() -> None:
    couriers, gate = Couriers(share=3, most=100), Gate()
    for _ in range(5):
        couriers.submit(1, gate.job)

    assert gate.have_begun(3)
    assert not gate.began.acquire(timeout=0.05)
    gate.opened.set()
    assert gate.have_begun(2)


def test_hanging_posts_of_many_universes_hold_up_no_other() -> None:
    couriers, gate = Couriers(), Gate()
    for no in range(10):
        for _ in range(150):
            couriers.submit(no, gate.job)
    done: list[int] = []

    assert couriers.run_all(99, [lambda n=n: done.append(n) for n in range(6)])  # type: ignore[misc]

    assert sorted(done) == list(range(6))
    gate.opened.set()


def test_where_no_thread_is_left_the_universe_with_the_fewest_goes_first() -> None:
    couriers, gate, order = Couriers(share=2, most=2), Gate(), []
    held, done = threading.Event(), threading.Event()
    couriers.submit(1, gate.job)
    couriers.submit(1, lambda: held.wait(PATIENCE_S) and None)
    couriers.submit(1, lambda: order.append(1) or done.set())
    couriers.submit(2, lambda: order.append(2))
    assert gate.have_begun(1)

    held.set()
    assert done.wait(PATIENCE_S)

    assert order == [2, 1]
    gate.opened.set()


def test_a_job_that_fails_costs_no_thread() -> None:
    couriers, ran = Couriers(share=1, most=1), threading.Event()
    couriers.submit(1, lambda: 1 / 0)
    couriers.submit(1, ran.set)

    assert ran.wait(PATIENCE_S)


def test_ending_waits_for_its_grace_alone_and_drops_the_rest() -> None:
    couriers, gate, late = Couriers(share=1), Gate(), threading.Event()
    couriers.submit(1, gate.job)
    couriers.submit(1, late.set)
    assert gate.have_begun(1)

    couriers.end(0.01)

    assert not couriers.run_all(1, [late.set])
    gate.opened.set()
    assert not late.wait(0.05)


def test_a_second_ending_gives_no_second_grace() -> None:
    couriers, gate = Couriers(), Gate()
    couriers.submit(1, gate.job)
    assert gate.have_begun(1)
    couriers.end(0.01)

    ending = threading.Thread(target=couriers.end, args=(PATIENCE_S,))
    ending.start()
    ending.join(PATIENCE_S / 4)

    assert not ending.is_alive()
    gate.opened.set()


def test_rounds_of_posts_need_no_more_threads_than_one_round() -> None:
    couriers = Couriers()
    before = set(threading.enumerate())
    for _ in range(300):
        assert couriers.run_all(1, [lambda: None] * 4)

    assert len(set(threading.enumerate()) - before) <= 4
    couriers.end(0.01)


def test_a_job_that_a_job_leads_to_waits_behind_the_others_and_needs_no_thread_of_its_own() -> None:
    couriers, order, done = Couriers(share=1), [], threading.Event()
    before = set(threading.enumerate())

    def first() -> Job:
        order.append("first")
        return last

    def last() -> None:
        order.append("last")
        done.set()

    gate = Gate()
    couriers.submit(1, gate.job)
    couriers.submit(1, first)
    couriers.submit(1, lambda: order.append("between"))
    gate.opened.set()

    assert done.wait(PATIENCE_S)
    assert order == ["first", "between", "last"]
    assert len(set(threading.enumerate()) - before) == 1
    couriers.end(0.01)


def test_a_job_that_has_ended_is_kept_by_no_thread_that_waits_for_the_next() -> None:
    couriers, gate = Couriers(), Gate()
    gate.opened.set()
    assert couriers.run_all(1, [gate.job])
    kept = weakref.ref(gate)

    del gate

    # Long before the thread gives up waiting, which would let go of it as well.
    since_ms = wallclock.stopwatch_ms()
    assert holds_soon(lambda: kept() is None)
    assert wallclock.stopwatch_ms() - since_ms < 5_000
