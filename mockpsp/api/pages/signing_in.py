"""The form with which a person opens the page of a universe that has been opened by a call before, and the way out."""

from flask import Blueprint, Response, redirect, request

from mockpsp.api.pages import screens
from mockpsp.api.pages.session import COOKIE, UI, back_to, cookie_options, signed_in
from mockpsp.api.wire import bodies
from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import current

blueprint = Blueprint("ui_sign_in", __name__)


@blueprint.get(f"{UI}/sign-in")
def ask() -> Response:
    """Ask for the credentials of a universe."""
    return _form(project_id=request.args.get("project_id", ""))


@blueprint.post(f"{UI}/sign-in")
def take() -> Response:
    """Take the credentials, and go on to where the person wanted to be."""
    body = bodies.read(current())
    project_id, secret = str(body.get("project_id", "")).strip(), str(body.get("secret", "")).strip()
    cookie = signed_in(state(), project_id, secret)
    if cookie is None:
        return _form(project_id=project_id[:80], trouble=True, status=401)
    response: Response = redirect(back_to(request.args.get("back")), 303)  # type: ignore[assignment]
    response.set_cookie(COOKIE, cookie, **cookie_options())
    return response


@blueprint.post(f"{UI}/sign-out")
def leave() -> Response:
    """Forget who was here."""
    response: Response = redirect(f"{UI}/sign-in", 303)  # type: ignore[assignment]
    response.delete_cookie(COOKIE, **cookie_options())
    return response


def _form(*, project_id: str, trouble: bool = False, status: int = 200) -> Response:
    back = back_to(request.args.get("back"))
    return screens.screen("ui/sign_in.html", status, project_id=project_id, trouble=trouble, back=back)
