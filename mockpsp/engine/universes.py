"""Universes: who may open one, what time it is there, and transactions on it.

Any well-formed sandbox key opens a universe on first use; its first password stays its secret. Live-looking keys are
refused before anything is stored.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mockpsp import wallclock
from mockpsp.catalog import Catalog, CatalogError
from mockpsp.config import Settings
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text import ids
from mockpsp.domain.text.card_numbers import is_card_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.ids import Mint
from mockpsp.domain.time.moments import EPOCH_MS
from mockpsp.engine.capture_stories import CaptureStories
from mockpsp.engine.rule_index import RuleIndex
from mockpsp.store import tx as projects
from mockpsp.store.db import Database
from mockpsp.store.tx import Project, Tx
from mockpsp.webhooks import signing

#: A universe's setting: how webhooks are to misbehave (misdelivery.py).
DELIVERY = "delivery"
#: A universe's setting: the profiles of the user's folder that it uses.
FROM_FOLDER = "from_folder"

_PROJECT_ID = re.compile(r"test-proj_[A-Za-z0-9._-]{1,64}")
_SECRET = re.compile(r"key_(sandbox|test)_[A-Za-z0-9._-]{1,128}")
_UNAUTHENTICATED = "request.authentication.invalid"
_BAD_PROJECT = "request.authentication.invalid-project-id"


@dataclass(frozen=True, slots=True)
class Credentials:
    """HTTP Basic user and password as they came."""

    project_id: str
    secret: str
    #: No secret came and the route needs none: a browser or an app.
    is_public: bool = False


@dataclass(slots=True)
class Gone:
    """The highest number of the universes that were deleted since the process began: no other gets it, since what is
    remembered of them, or on its way, is kept under it.
    """

    last_no: int = 0


@dataclass(slots=True)
class UniverseTx(Tx):
    """A transaction on one universe that also knows the catalog."""

    catalog: Catalog = None  # type: ignore[assignment]
    #: The caller showed no secret key.
    is_public: bool = False
    #: What is kept in memory of the file, for write transactions.
    capture_stories: CaptureStories = None  # type: ignore[assignment]
    rule_index: RuleIndex = None  # type: ignore[assignment]
    #: Universes by id whose calls may have to wait for receivers (misdelivery.py).
    early_asked: set[str] = None  # type: ignore[assignment]
    gone: Gone = None  # type: ignore[assignment]
    #: PSPs of the universe's own that were asked for, with the facts that each was made of.
    own_profiles: dict[str, tuple[Any, PspProfile]] = field(default_factory=dict)
    #: Somebody waits for the answer of a call that this is about.
    is_call: bool = False
    #: Deliveries that are to be there before it.
    early: list[int] = field(default_factory=list)

    @property
    def webhook_secret(self) -> str:
        """The universe's default signing secret, derived from its seed."""
        return webhook_secret(self.project.seed)


def webhook_secret(seed: int) -> str:
    """The default webhook secret of a universe with this seed."""
    return signing.secret_from(hashlib.blake2b(b"webhook", key=ids.key_for(seed), digest_size=24).digest())


@lru_cache(1024)  # a refusal is not kept
def check_credentials(credentials: Credentials | None) -> Credentials:
    """Refuse what is missing, malformed or looks live; the message never repeats a secret."""
    if credentials is None or not credentials.project_id:
        raise Refused(
            _UNAUTHENTICATED,
            "no project id was given: use HTTP Basic authentication with the project id as user name "
            "(test-proj_...) and the secret key as password (key_sandbox_... or key_test_...)",
            401,
        )
    if credentials.project_id.startswith("proj_") or credentials.secret.startswith("key_live_"):
        raise Refused(
            _UNAUTHENTICATED,
            "these credentials look live, and live credentials don't belong in a sandbox: nothing was stored; "
            "use a project id like test-proj_... and a key like key_sandbox_... or key_test_...",
            401,
        )
    if not _PROJECT_ID.fullmatch(credentials.project_id):
        raise Refused(
            _BAD_PROJECT,
            "the project id is not well-formed: expected test-proj_ and 1 to 64 letters, digits, '.', '_' or '-'",
            401,
        )
    if credentials.is_public:
        return credentials
    if not credentials.secret:
        raise Refused(
            _UNAUTHENTICATED,
            "no secret key was given: this route needs it as the password (key_sandbox_... or key_test_...); browsers "
            "and apps, which have none, may only do what takes a payment",
            401,
        )
    if not _SECRET.fullmatch(credentials.secret):
        raise Refused(
            _UNAUTHENTICATED,
            "the secret key is not well-formed: expected key_sandbox_ or key_test_ and 1 to 128 letters, digits, "
            "'.', '_' or '-'",
            401,
        )
    return credentials


def is_project_id(text: str) -> bool:
    """Whether a universe can have this id."""
    return _PROJECT_ID.fullmatch(text) is not None


class Universes:
    """All universes of one database file."""

    def __init__(self, database: Database, catalog: Catalog, settings: Settings) -> None:
        self.database = database
        self._real_ms = 0
        self.catalog = catalog
        self.settings = settings
        self._capture_stories, self._rule_index = CaptureStories(), RuleIndex()
        self._gone = Gone()
        #: Ids of universes that asked for webhooks before the answer.
        self.early_asked: set[str] = set()

    def writing(self, credentials: Credentials | None) -> "_Writing":
        """A write transaction on the universe of these credentials, which it opens on first use."""
        return _Writing(self, check_credentials(credentials))

    def reading(self, credentials: Credentials | None) -> "_Reading":
        """A snapshot of the universe of these credentials, which it opens on first use."""
        return _Reading(self, check_credentials(credentials))

    @contextmanager
    def writing_by_no(self, no: int) -> Iterator[UniverseTx | None]:
        """A write transaction on universe number `no`, for the timeline; None when it is gone."""
        with self.database.writing() as conn:
            project = projects.load_by_no(conn, no)
            tx = None if project is None else self._tx(conn, project)
            yield tx
            if tx is not None:
                tx.save()
        if tx is not None:
            for action in tx.after_commit:
                action()

    def _tx(self, conn: object, project: Project, *, is_public: bool = False) -> UniverseTx:
        now_ms = project.clock_ms
        if project.clock_mode == "wall":
            # Set back, the machine's clock lets universes stand still until it has caught up: time never goes back.
            self._real_ms = max(self._real_ms, wallclock.now_ms())
            now_ms = max(now_ms, self._real_ms + project.offset_ms)
            project.clock_ms = now_ms
        return UniverseTx(
            conn=conn,  # type: ignore[arg-type]
            project=project,
            now_ms=now_ms,
            mint=Mint(project.next_seq),
            key=ids.key_for(project.seed),
            catalog=self.catalog,
            is_public=is_public,
            capture_stories=self._capture_stories,
            rule_index=self._rule_index,
            early_asked=self.early_asked,
            gone=self._gone,
        )

    def _create(self, conn: object, credentials: Credentials) -> Project:
        if credentials.is_public:
            # It would have no secret, and the next caller's would become it.
            raise Refused(
                _BAD_PROJECT,
                f"there is no universe {credentials.project_id} yet, and a call without the secret key opens none: "
                "make the first call with it, as your server does when it creates the invoice",
                401,
            )
        if self.settings.strict_keys:
            raise Refused(
                _UNAUTHENTICATED,
                f"there is no project {credentials.project_id}, and this server opens none by itself (--strict-keys)",
                401,
            )
        for name, text in (("project id", credentials.project_id), ("secret key", credentials.secret)):
            if is_card_number(text):
                raise Refused(
                    _BAD_PROJECT if text == credentials.project_id else _UNAUTHENTICATED,
                    f"the {name} holds what looks like a card number; nothing was kept, choose another one",
                    401,
                )
        mode = self.settings.clock
        return projects.create(
            conn,  # type: ignore[arg-type]
            credentials.project_id,
            secret=credentials.secret,
            seed=self.seed_of(credentials.project_id),
            mode=mode,
            clock_ms=EPOCH_MS if mode == "manual" else wallclock.now_ms(),
            above_no=self._gone.last_no,
        )

    def guard_profiles(self) -> None:
        """Refuse a file that uses a profile of a folder that isn't there: what is due at that PSP would be lost."""
        with self.database.reading() as conn:
            used = projects.all_settings(conn, FROM_FOLDER)
        for project_id, names in used:
            missing = [name for name in names if name not in self.catalog.profiles]
            if missing:
                raise CatalogError(
                    f"{project_id} uses the PSP {missing[0]}, and there is none of that name; start with --psps and "
                    f"the folder that holds {missing[0]}.toml"
                )

    def find_early(self) -> None:
        """Know which universes of the file asked for webhooks before the answer."""
        with self.database.reading() as conn:
            asked = projects.all_settings(conn, DELIVERY)
        self.early_asked.update(
            project_id for project_id, kept in asked if any("early" in rule["do"] for rule in kept["rules"])
        )

    def seed_of(self, project_id: str) -> int:
        """The seed a universe gets unless one is given: from its id and the server's own."""
        text = f"{self.settings.seed}:{project_id}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest())

    def _authenticate(self, project: Project, credentials: Credentials) -> None:
        if not credentials.is_public and not hmac.compare_digest(project.secret, credentials.secret):
            raise Refused(
                _UNAUTHENTICATED,
                f"the secret key is not the one that opened {project.id}: the first password used with a project id "
                "stays its secret",
                401,
            )


class _Writing:
    """One write transaction on a universe. Objects instead of generators: every request has one of them or two."""

    __slots__ = ("_credentials", "_transaction", "_tx", "_universes")

    def __init__(self, universes: Universes, credentials: Credentials) -> None:
        self._universes, self._credentials = universes, credentials
        self._transaction = universes.database.writing()

    def __enter__(self) -> UniverseTx:
        universes, credentials = self._universes, self._credentials
        conn = self._transaction.__enter__()
        try:
            project = projects.load(conn, credentials.project_id)
            if project is None:
                project = universes._create(conn, credentials)
            universes._authenticate(project, credentials)
            self._tx = universes._tx(conn, project, is_public=credentials.is_public)
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error is None:
            try:
                self._tx.save()
            except BaseException as failed:
                self._transaction.__exit__(type(failed), failed, failed.__traceback__)
                raise
        self._transaction.__exit__(kind, error, trace)
        if error is None:
            for action in self._tx.after_commit:
                action()


class _Reading:
    """One snapshot of a universe."""

    __slots__ = ("_credentials", "_snapshot", "_universes")

    def __init__(self, universes: Universes, credentials: Credentials) -> None:
        self._universes, self._credentials = universes, credentials
        self._snapshot = universes.database.reading()

    def __enter__(self) -> UniverseTx:
        tx = self._try()
        if tx is None:
            with self._universes.writing(self._credentials):
                pass
            self._snapshot = self._universes.database.reading()
            tx = self._try()
        assert tx is not None, "a universe that was opened is there"
        return tx

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self._snapshot.__exit__(kind, error, trace)

    def _try(self) -> UniverseTx | None:
        """The snapshot's transaction; None, and no snapshot is open, where the universe isn't there."""
        universes, credentials = self._universes, self._credentials
        conn = self._snapshot.__enter__()
        try:
            project = projects.load(conn, credentials.project_id)
            if project is not None:
                universes._authenticate(project, credentials)
                return universes._tx(conn, project, is_public=credentials.is_public)
        except BaseException as error:
            self._snapshot.__exit__(type(error), error, error.__traceback__)
            raise
        self._snapshot.__exit__(None, None, None)
        return None
