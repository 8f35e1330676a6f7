"""Who has signed in on the page of a universe: a cookie that stands for its credentials, without holding the secret.

The cookie goes to `/sandbox/ui` alone and to no other site (SameSite=Strict). It is worked out from the universe's own
secret, so it survives a restart and a reset, and ends where the browser is closed or somebody signs out. Signing in
opens no universe.
"""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, redirect, request

from mockpsp.api.pages import screens
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.cross_site import PAGE, is_own_site
from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.store import tx as projects
from mockpsp.store.tx import Project

#: Where the page is, and where its cookie goes.
UI = PAGE
COOKIE = "mockpsp"


def needs_sign_in(view: Callable[..., Response]) -> Callable[..., Response]:
    """A route of the page: for whoever has signed in it is a call with their credentials, others are sent to sign in.

    What is refused is told on a page.
    """

    @wraps(view)
    def route(**ids: str) -> Response:
        # Browsers send no cookie along where another site led here; one that did is believed no more.
        found = _signed_in(state(), request.cookies.get(COOKIE, "")) if is_own_site() else None
        if found is None:
            where = request.full_path.rstrip("?") if request.method == "GET" else UI
            return _to(f"{UI}/sign-in", where)
        # Whoever asks after the caller is told those of the cookie, which no header of the request can overrule.
        current().__dict__["login"] = (found.id, found.secret)
        try:
            return view(**ids)
        except Refused as error:
            return screens.refused(error)

    return route


def signed_in(app: AppState, project_id: str, secret: str) -> str | None:
    """The cookie of who shows these credentials; None where no universe has been opened with them."""
    project = _project(app, project_id)
    if project is None or not hmac.compare_digest(project.secret.encode(), secret.encode()):
        return None
    return f"{project.id}:{_proof(project)}"


def back_to(text: str | None) -> str:
    """Where to go on after something was done: a place on the page, and no other."""
    path = text or UI
    is_here = path == UI or path.startswith((f"{UI}/", f"{UI}?"))
    # Browsers take `%2e` for a dot, and two of them for the way up.
    leads_up = ".." in path.partition("?")[0].lower().replace("%2e", ".").split("/")
    return path if is_here and not leads_up and "//" not in path and "\\" not in path and path.isprintable() else UI


def _to(path: str, where: str) -> Response:
    from urllib.parse import urlencode

    response: Response = redirect(f"{path}?{urlencode({'back': where})}", 303)  # type: ignore[assignment]
    if request.headers.get("HX-Request"):
        # A part of a page can't show the form: the page as a whole goes there.
        response = Response(status=204, headers={"HX-Redirect": response.headers["Location"]})
    return response


def _signed_in(app: AppState, cookie: str) -> Project | None:
    project_id, _, proof = cookie.rpartition(":")
    project = _project(app, project_id) if project_id else None
    if project is None or not hmac.compare_digest(_proof(project).encode(), proof.encode()):
        return None
    return project


def _project(app: AppState, project_id: str) -> Project | None:
    with app.database.reading() as conn:
        return projects.load(conn, project_id)


def _proof(project: Project) -> str:
    text = f"page\n{project.id}".encode()
    return hmac.new(project.secret.encode(), text, "sha256").hexdigest()


def cookie_options() -> dict[str, Any]:
    """How the cookie is set and taken away."""
    return {"path": UI, "httponly": True, "samesite": "Strict", "secure": request.is_secure}
