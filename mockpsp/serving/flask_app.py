"""Flask without what this application has no use for: sessions, signals, teardowns, hooks of single blueprints.

Each of them costs little, and all of them together more than most views. Everything is done through methods that Flask
documents for being overridden; routes are those of Flask's own map, looked up in a table first (`Routes`).

Routes are learnt by the first part of their path: when a request first asks for one of them, their files are imported
and registered, all of them before any is found. The map itself is asked for nothing before it knows them all, so no
thread looks through it while another adds to it.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import RLock
from typing import Any

from flask import Blueprint, Flask, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import Map, MapAdapter, Rule

from mockpsp.api.blueprints import load_blueprint
from mockpsp.api.wire.request import Request, current
from mockpsp.api.wire.together import MARK

#: Part of a path -> what may follow; ids under `_ID`, methods and their rules under `_HERE`, which no path can spell.
_Node = dict[object, Any]
_ID = object()
_HERE = object()


class App(Flask):
    """The application's Flask. Hooks are given to it as a whole, none to a blueprint.

    `views`: file of views -> the first parts of its routes' paths.
    """

    request_class = Request

    def __init__(self, name: str, views: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(name, static_folder=None)
        self.session_interface = _NoSessions()
        self.url_rule_class = _Rule
        self._map = _Map(self)
        self.url_map = self._map
        self._views = views
        #: What `views` names and no request has asked for yet.
        self._unknown = {part for parts in views.values() for part in parts}
        #: File -> the name of its routes, once they are known.
        self._blueprints: dict[str, Blueprint] = {}
        self._learning = RLock()
        #: What was imported stays for good, and no collection has to look at it: for a process that only serves.
        self.keeps_imports = False
        self._routes = Routes()
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
        return None if request is None else _Finder(self, self._routes, request)

    def learn(self, part: str) -> bool:
        """Know the routes whose path begins by this part from now on; False where there is nothing to learn."""
        if part not in self._unknown:
            return False
        with self._learning:
            if part in self._unknown:
                for file, parts in self._views.items():
                    if part in parts and file not in self._blueprints:
                        self._blueprints[file] = load_blueprint(file)
                        self.register_blueprint(self._blueprints[file])
                self._routes.add(rule for rule in self._map.rules() if rule.rule.split("/", 2)[1] == part)
                self._unknown.remove(part)
                if self.keeps_imports:
                    gc.freeze()
        return True

    def learn_all(self) -> None:
        """Know every route from now on."""
        for part in tuple(self._unknown):
            self.learn(part)

    def order_of(self, rule: Rule) -> int:
        """Where documents tell of a route: the same place, whatever was asked for first."""
        name = rule.endpoint.split(".")[0]
        return next((at for at, file in enumerate(self._views) if self._blueprints[file].name == name), -1)

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

    def dispatch_request(self) -> Any:
        """What the view of the request's route answers; raises what its routing came to."""
        request = current()
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        rule: Any = request.url_rule
        if request.method == "OPTIONS" and rule.provide_automatic_options:
            return self.make_default_options_response()
        return self.view_functions[rule.endpoint](**(request.view_args or {}))

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

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._root: _Node = {}
        self.add(rules)

    def add(self, rules: Iterable[Rule]) -> None:
        """Find these from now on: all that begin by one part at once, so that none is taken for its neighbour."""
        root: _Node = {}
        for rule in rules:
            self._add(root, rule)
        self._root.update(root)

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

    def _add(self, root: _Node, rule: Rule) -> None:
        parts = rule.rule.split("/")[1:]
        is_plain = all("<" not in part or (part.startswith("<") and ":" not in part) for part in parts)
        if not is_plain or (rule.rule.endswith("/") and rule.rule != "/"):
            return
        names = tuple(part[1:-1] for part in parts if part.startswith("<"))
        node = root
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
        method, path = self._request.method, self._request.path
        found = self._routes.find(method, path)
        if found is None and self._app.learn(path.split("/", 2)[1]):
            found = self._routes.find(method, path)
        return found if found is not None else self._map().match(return_rule=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._map(), name)

    def _map(self) -> MapAdapter:
        return self._app.url_map.bind_to_environ(self._request.environ)


class _Map(Map):
    """Flask's own map: whatever it is asked, it is asked about all routes."""

    def __init__(self, app: App) -> None:
        super().__init__(strict_slashes=False)
        self._app = app

    def rules(self) -> Iterator[Rule]:
        """The routes that are known by now."""
        return super().iter_rules()

    def iter_rules(self, endpoint: str | None = None) -> Iterator[Rule]:
        """All routes, in the order of their files."""
        self._app.learn_all()
        return iter(sorted(super().iter_rules(endpoint), key=self._app.order_of))

    def bind(self, *where: Any, **more: Any) -> MapAdapter:
        """What finds routes, and whom none is missing."""
        self._app.learn_all()
        return super().bind(*where, **more)


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
