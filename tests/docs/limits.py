"""Sizes, times and counts that end something, each read from where the code has it."""

from mockpsp import sandbox_client
from mockpsp.api.control import books, clock, moves, psps, request_log, settle, webhooks
from mockpsp.api.requests import network_tokens
from mockpsp.api.resources import transactions
from mockpsp.api.shapes import loading
from mockpsp.api.wire import app_state, bodies, http, paging
from mockpsp.catalog import folders
from mockpsp.config import _RANGES, Settings
from mockpsp.domain import faults as said
from mockpsp.domain.deciders import three_d_s
from mockpsp.domain.time import spans
from mockpsp.domain.time.moments import rfc3339
from mockpsp.domain.time.spans import format_span
from mockpsp.engine import card_use, couriers, faults, misdelivery, timeline, watching
from mockpsp.ledger import records
from mockpsp.scenarios.language import loader, nodes, patterns, steps
from mockpsp.scenarios.replaying import crew, lines, receiver
from mockpsp.webhooks import delivery, misbehaving, retries, targets, transport
from tests.docs.markdown import table

#: Requests and answers that are remembered.
_TEXTS_KEPT = 2 * app_state._CALLS_KEPT
#: What is kept of one answer of a receiver, and of how many of a delivery.
_ANSWER_KEPT, _ATTEMPTS = transport._BODY_KEPT + transport._HEADERS_KEPT, delivery.ATTEMPTS_KEPT


def limits() -> list[str]:
    """All of them."""
    return table(("what", "ends at"), [*_requests(), *_server(), *_time(), *_webhooks(), *_stories(), *_rest()])


def _requests() -> list[tuple[str, str]]:
    return [
        ("A request's body", f"{_size(Settings().body_bytes)}, then 413"),
        ("A request's headers", _size(Settings().header_bytes)),
        ("Objects within objects in a body", f"{bodies._MAX_DEPTH} levels"),
        ("An idempotency key", f"{http._IDEMPOTENCY_MAX} characters"),
        ("A page of a list", f"{paging._DEFAULT_LIMIT} items unless `limit` is given, at most {paging._MAX_LIMIT}"),
        ("Items of an expanded list", f"{loading.LIST_LIMIT}"),
        ("Objects in one answer", f"{loading.OBJECTS_MAX:,}"),
        ("Invalid fields that a refusal lists", f"{http.FIELDS_SHOWN}"),
        ("Ids in `POST /transactions`", f"{transactions._IDS_MAX}"),
        ("Requests that `GET /sandbox/requests` remembers", f"{app_state._CALLS_KEPT:,} of all universes together"),
        (
            "Requests it shows",
            f"{request_log._SHOWN_DEFAULT} unless `limit` is given, at most {request_log._SHOWN_MAX:,}",
        ),
        (
            "A body or an answer it remembers",
            f"{_size(request_log._TEXT_BYTES)}, so at most {_mib(_TEXTS_KEPT * request_log._TEXT_BYTES)} in all",
        ),
    ]


def _server() -> list[tuple[str, str]]:
    s = Settings()
    return [
        ("Requests that wait for somebody, or list much, side by side", f"{s.threads} (`MOCKPSP_THREADS`)"),
        ("Connections open at once", f"{s.connections:,} (`MOCKPSP_CONNECTIONS`); the one silent longest makes room"),
        ("A request's line and headers, from first byte to last", f"{s.header_timeout_ms // 1000} s, then 408"),
        ("A request's body, from the end of its headers", f"{s.body_timeout_ms // 1000} s, then 408"),
        ("A connection on which nothing is said", f"{s.idle_timeout_ms // 1000} s"),
        ("A client that takes nothing of its answer", f"{s.answer_timeout_ms // 1000} s"),
        ("Requests under way when the server ends", f"{s.stop_timeout_ms // 1000} s"),
    ]


def _time() -> list[tuple[str, str]]:
    return [
        ("Steps of one advance", f"{timeline.MAX_STEPS:,}, then `more: true`"),
        ("An advance `until` something", f"`{clock._DEFAULT_MAX}` unless `max` is given"),
        ("A settle that waits for receivers' calls", f"{settle.LIMIT_MS // 1000} s, then 409"),
        ("`wait_ms` of an advance or a settle", f"{clock.MAX_WAIT_MS:,}"),
        ("Its `quiet_ms`", f"{settle.MAX_QUIET_MS:,}"),
        ("What a settle lists", f"{watching.CALLS_MAX:,} calls, {settle.DUE_SHOWN} things that are due"),
        ("The agenda", f"the next {clock._AGENDA_LIMIT:,} items"),
        ("A span of time", format_span(spans._LIMIT_MS)),
        ("A universe's time", rfc3339(clock.END_MS)),
        ("A 3-D Secure challenge", f"{format_span(three_d_s.CHALLENGE_TIME_MS)} of the universe's time"),
        ("What the advice `do-not-retry` blocks", format_span(card_use._BLOCKED_FOR_MS)),
        ("Making a network token", format_span(network_tokens.PROVISIONING_MS)),
    ]


def _webhooks() -> list[tuple[str, str]]:
    most_ms = _RANGES["receiver_timeout_ms"][-1]
    return [
        ("A receiver's answer", f"{Settings().receiver_timeout_ms:,} ms, or what is set, at most {most_ms:,} ms"),
        ("Deliveries under way at once", f"{couriers.SHARE} a universe, {couriers.MOST:,} in all"),
        ("How much of it is read", _size(transport._ANSWER_LIMIT)),
        (
            "How much of it is kept",
            f"{_size(transport._BODY_KEPT)} of body, {_size(transport._HEADERS_KEPT)} of headers",
        ),
        (
            "Attempts that are kept of a delivery",
            f"the newest {_ATTEMPTS}, so at most {_size(_ATTEMPTS * _ANSWER_KEPT)} of answers",
        ),
        ("Deliveries that are kept", "all, until their universe is reset or deleted"),
        ("An endpoint's URL", f"{targets._LONGEST_URL:,} characters"),
        ("Deliveries under way to an endpoint of `order: parallel`", f"{delivery.SIDE_BY_SIDE}"),
        ("How much a `Retry-After` lengthens a wait", f"{format_span(retries.RETRY_AFTER_MAX_MS)} at most"),
        ("Rules of how webhooks misbehave", f"{misdelivery.RULES_MAX} a universe"),
        *((f"How long one is `{word}`", format_span(most_ms)) for word, most_ms in misbehaving.SPANS.items()),
        ("Topics of an endpoint", f"{webhooks._TOPICS_MAX}"),
        ("Deliveries in one answer", f"{webhooks._PAGE:,}, then `has_more: true`"),
    ]


def _stories() -> list[tuple[str, str]]:
    return [
        ("A story's file", f"{_size(nodes.SIZE_MAX_BYTES)}, {nodes.DEPTH_MAX} levels deep"),
        ("Its steps", f"{steps.STEPS_MAX}"),
        ("Its values, keys and lists", f"{nodes.NODES_MAX:,}"),
        ("Its PSPs and its receivers", f"{loader.PSPS_MAX} and {loader.RECEIVERS_MAX}"),
        ("The cells of its matrix", f"{loader.CELLS_MAX}"),
        ("Mistakes that `mockpsp check` lists of a file", f"{nodes.PROBLEMS_MAX}"),
        (
            "A pattern of `$match`",
            f"{patterns.LENGTH_MAX:,} characters, {patterns.PLACES_MAX} places when repetitions are written out",
        ),
        ("A text that it is held against", f"{patterns.TEXT_MAX:,} characters"),
        ("An answer that `mockpsp replay` waits for", f"{lines.ANSWER_TIMEOUT_S} s"),
        ("Processes that share a replay or a comparison (`--jobs`)", str(crew.JOBS_MAX)),
        ("A webhook's body at its receivers", _size(receiver.BODY_MAX_BYTES)),
        ("An answer that the pytest fixture waits for", f"{sandbox_client._TIMEOUT_S} s"),
    ]


def _rest() -> list[tuple[str, str]]:
    return [
        ("PSPs of a universe's own", f"{psps._MAX_OWN}"),
        ("Profiles in a folder", f"{folders._MOST}"),
        ("Uses of a scripted outcome", f"{moves._MAX_TIMES:,}"),
        ("Faults of a universe, used up ones included", f"{faults.FAULTS_MAX}"),
        ("Calls that a fault is listed with", f"the last {faults.HITS_SHOWN} that it hit"),
        ("A delay or a stall", f"{said.WAIT_MAX_MS // 1000} s of real time"),
        ("Rows to reconcile", f"{records.RECORDS_MAX:,} of a file, {books._RECORDS_MAX:,} in a request"),
    ]


def _mib(count: int) -> str:
    return f"{-(-count // (1 << 20))} MiB"


def _size(count: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count % size == 0:
            return f"{count // size} {unit}"
    return f"{count:,} bytes"
