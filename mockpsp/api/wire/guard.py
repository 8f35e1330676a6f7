"""What a request meets once its caller is known and before its view: the universe's rate limits.

To let requests meet something more, such as a fault that was asked for: a call in `admit_caller`. Who may call at all
is cross_site.py's and public.py's.
"""

from flask import g

from mockpsp.api.wire import rate_limits
from mockpsp.api.wire.app_state import AppState
from mockpsp.engine.universes import UniverseTx


def admit_caller(tx: UniverseTx, app: AppState) -> None:
    """Say who calls to whoever asks after the answer, and count the request; Refused (429) where there is no room."""
    g.caller = ((tx.project.no, tx.project.generation), tx.now_ms)
    rate_limits.enforce_rate_limit(tx, app.limiter)
