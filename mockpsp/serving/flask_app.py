"""Flask without what this application has no use for: sessions, signals, teardowns, hooks of single blueprints.

Each of them costs little, and all of them together more than most views. Everything is done through methods that Flask
documents for being overridden; routes are those of Flask's own map, looked up in a table first (`Routes`).
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter, Rule

from mockpsp.api.wire.request import Request
from mockpsp.api.wire.together import MARK

#: Part of a path -> what may follow; ids under `_ID`, methods and their rules under `_HERE`, which no path can spell.
_Node = dict[object, Any]
_ID = object()
_HERE = object()


class App(Flask):
    """The application's Flask. Hooks are given to it as a whole, none to a blueprint."""

    request_class = Request

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.session_interface = _NoSessions()
        self.url_rule_class = _Rule
        self.url_map.strict_slashes = False
        self._routes: Routes | None = None
        #: First parts of the paths whose requests wait for nobody, and whether something is under way that they would
        #: have to wait for all the same.
        self.quick_paths: frozenset[str] = frozenset()
        self.is_busy: Callable[[], bool] = lambda: False

    def is_quick(self, environ: Any) -> bool:
        """Whether answering a request waits for nothing that it starts itself, and takes no time."""
        return not environ["QUERY_STRING"] and self._waits_for_nobody(environ)

    def is_long(self, environ: Any) -> bool:
        """Whether answering it waits for nothing either, but may take long: a query asks for long lists."""
        return bool(environ["QUERY_STRING"]) and self._waits_for_nobody(environ)

    def _waits_for_nobody(self, environ: Any) -> bool:
        parts = environ["PATH_INFO"].split("/", 2)
        return len(parts) > 1 and parts[1] in self.quick_paths and MARK not in environ

    def create_url_adapter(self, request: Any) -> Any:
        """What finds a request's route; nothing outside of requests, where no URL is built."""
        if request is None:
            return None
        if self._routes is None:
            self._routes = Routes(self)
        return _Finder(self, self._routes, request)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook is a coroutine."""
        return func

    def preprocess_request(self) -> Any:
        """Run the hooks before a view."""
        for hook in self.before_request_funcs.get(None, ()):
            found = hook()
            if found is not None:
                return found
        return None

    def full_dispatch_request(self) -> Response:
        """Answer the request: the hooks, the view, and what an error becomes."""
        try:
            found = self.preprocess_request()
            if found is None:
                found = self.dispatch_request()
        except Exception as error:
            found = self.handle_user_exception(error)
        return self.finalize_request(found)

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Response:
        """The view's answer after the hooks that come behind it."""
        response = rv if isinstance(rv, Response) else self.make_response(rv)
        for hook in reversed(self.after_request_funcs.get(None, ())):
            response = hook(response)
        return response

    def do_teardown_request(self, *_: Any) -> None:
        """Nothing is left to do."""

    def do_teardown_appcontext(self, *_: Any) -> None:
        """Nothing is left to do."""


class Routes:
    """The map's rules by method and parts of the path, for what a plain look finds: ids are any text without a slash.

    What isn't found here (another method, a slash too many, no route at all) is the map's own business.
    """

    def __init__(self, app: Flask) -> None:
        self._root: _Node = {}
        for rule in app.url_map.iter_rules():
            self._add(rule)

    def find(self, method: str, path: str) -> tuple[Rule, dict[str, str]] | None:
        """The rule and its ids, or None where the map has to be asked."""
        node: Any = self._root
        ids = []
        for part in path.split("/")[1:]:
            following = node.get(part)
            if following is None:
                following = node.get(_ID)
                if following is None or not part:
                    return None
                ids.append(part)
            node = following
        found = node.get(_HERE, {}).get(method)
        return None if found is None else (found[0], dict(zip(found[1], ids, strict=True)))

    def _add(self, rule: Rule) -> None:
        parts = rule.rule.split("/")[1:]
        if any("<" in part and (not part.startswith("<") or ":" in part) for part in parts) or parts[-1] == "":
            return
        names = tuple(part[1:-1] for part in parts if part.startswith("<"))
        node = self._root
        for part in parts:
            node = node.setdefault(_ID if part.startswith("<") else part, {})
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            node.setdefault(_HERE, {})[method] = (rule, names)


class _Finder:
    """What Flask asks for the route of one request."""

    def __init__(self, app: App, routes: Routes, request: Request) -> None:
        self._app, self._routes, self._request = app, routes, request

    def match(self, return_rule: bool = True) -> tuple[Rule, Any]:
        """The rule and the ids in the path; raises what the map raises where there is none."""
        found = self._routes.find(self._request.method, self._request.path)
        return found if found is not None else self._map().match(return_rule=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._map(), name)

    def _map(self) -> MapAdapter:
        return self._app.url_map.bind_to_environ(self._request.environ)


class _Rule(Rule):
    """A route that learns to build its URL when first asked to.

    Werkzeug compiles two such builders a route while it is added; nothing here asks for them, and all of them together
    took a fifth of the time to the first answer.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder

        def build(_: Rule, **values: object) -> tuple[str, str]:
            return compile_now(append_unknown).__get__(self, None)(**values)  # type: ignore[no-any-return]

        return build


class _NoSessions(SessionInterface):
    """Nobody has a session here."""

    _NONE = NullSession()

    def open_session(self, app: Flask, request: Any) -> NullSession:
        """The same nothing for everybody."""
        return self._NONE
