"""A server that was down for days, by itself: frozen time is everybody's, and a server beside it would not go back."""

from datetime import UTC, datetime
from pathlib import Path

from freezegun import freeze_time

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.engine.test_wall import FAILED, paid, refunded, subscribe
from tests.mockpsp.worlds import Shop, serving


def test_what_fell_due_while_the_server_was_down_happens_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "wall.db"), clock="wall")
    with Shop() as shop:
        with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as sandbox:
            subscribe(sandbox, shop, FAILED)
            sandbox.simulate("refund.fail", refunded(sandbox, paid(sandbox)), after="2d")
        three_days_on = datetime.fromtimestamp(wallclock.now_s() + 3 * 86_400, UTC)
        assert shop.hooks == []

        with freeze_time(three_days_on, tick=True), serving(settings):
            assert shop.wait_for(1, FAILED)
