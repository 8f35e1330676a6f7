"""Deliveries that are asked to go wrong: a universe's rules, and what they make of messages about to be queued.

The rules are one of the universe's settings, so that a universe without any pays one look-up. They are tried in order
and the first one that fits decides. A rule that is good for so many times is counted by message: the deliveries of one
message to several endpoints are one. What goes wrong with an attempt is webhooks/misbehaving.py's; when a delivery
goes out is decided here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockpsp.domain.text.nearest import nearest_name
from mockpsp.domain.time.spans import BusinessDays, format_span, parse_span
from mockpsp.engine.snapshot_values import fits
from mockpsp.engine.universes import DELIVERY, UniverseTx
from mockpsp.webhooks import misbehaving, outbox
from mockpsp.webhooks.outbox import Arrange, Queued, Unsent

RULES_MAX = 100
#: What ends all rules where words are said one by one.
NORMAL = "normal"
#: A message that is to change places and has no neighbour waits for the endpoint's next one, but no longer than this.
HELD_MS = 60_000
#: What says itself when a delivery goes out.
_TIMED = frozenset({"delay", "early"})
#: What is said of a first attempt, and so of none that is dropped.
_NOT_WITH_DROP = misbehaving.WORDS.keys() - {"drop", "duplicate", "delay", "reorder"}


def arranging(tx: UniverseTx) -> Arrange | None:
    """What changes the deliveries about to be queued; None in a universe without rules."""
    kept = tx.project.settings.get(DELIVERY)
    return None if kept is None else lambda queued: _arrange(tx, kept, queued)


def put_rules(tx: UniverseTx, rules: list[dict[str, Any]]) -> None:
    """These are the rules from now on, each `{event, endpoint_seq, times, do}` with `do` as `parse` answers it, and
    `deliver_to` where an address was named: of the endpoint, and of invoices and tokens that name it.
    """
    settings = tx.project.settings
    held = settings.get(DELIVERY, {}).get("held", {})
    if rules or held:
        settings[DELIVERY] = {"rules": [{**rule, "met": 0} for rule in rules], "held": held}
    else:
        settings.pop(DELIVERY, None)
    tx.is_project_changed = True
    note_early(tx)


def rules(tx: UniverseTx) -> list[dict[str, Any]]:
    """The rules, with `met`: how many messages each has met."""
    found: list[dict[str, Any]] = tx.project.settings.get(DELIVERY, {}).get("rules", [])
    return found


def note_early(tx: UniverseTx) -> None:
    """Once this is committed it is known whether calls of this universe may have to wait for receivers."""
    note_early_of(tx, tx.project.id, tx.project.settings)


def note_early_of(tx: UniverseTx, project_id: str, settings: Mapping[str, Any]) -> None:
    """The same of any universe, by its settings."""
    is_early = any("early" in rule["do"] for rule in settings.get(DELIVERY, {}).get("rules", []))
    change = tx.early_asked.add if is_early else tx.early_asked.discard
    tx.after_commit.append(lambda: change(project_id))


def is_well_formed(kept: Any) -> bool:
    """Whether this could be the setting as it is kept here: it may come from a file that somebody wrote."""
    return (
        isinstance(kept, dict)
        and kept.keys() == {"rules", "held"}
        and fits(kept["held"], dict[str, int])
        and isinstance(kept["rules"], list)
        and len(kept["rules"]) <= RULES_MAX
        and all(_is_rule(rule) for rule in kept["rules"])
    )


def _is_rule(rule: Any) -> bool:
    kinds = {"event": str | None, "endpoint_seq": int | None, "times": int | None, "do": dict[str, int], "met": int}
    if not isinstance(rule, dict) or rule.keys() - {"deliver_to"} != kinds.keys():
        return False
    if not (all(fits(rule[name], kind) for name, kind in kinds.items()) and fits(rule.get("deliver_to", ""), str)):
        return False
    words: dict[str, int] = rule["do"]
    try:
        return bool(rule["met"] >= 0) and words == parse([spelled(word, ms or None) for word, ms in words.items()])
    except ValueError:
        return False


def parse(texts: list[str]) -> dict[str, int]:
    """Word -> span in milliseconds (0: none) of what a delivery is to do; ValueError says what is wrong."""
    found: dict[str, int] = {}
    for text in texts:
        word, _, span = text.partition(" ")
        if word not in misbehaving.WORDS:
            raise ValueError(_unknown_word(text))
        if word in found:
            raise ValueError(f"{word} is said twice")
        found[word] = _span_ms(word, span)
    if len(timings := [word for word in found if word in misbehaving.TIMINGS]) > 1:
        raise ValueError(f"{' and '.join(timings)} don't go together: each says when the delivery goes out")
    if "drop" in found and (against := _NOT_WITH_DROP & found.keys()):
        raise ValueError(f"drop and {min(against)} don't go together: nothing is sent")
    if {"stale", "future"} <= found.keys():
        raise ValueError("stale and future don't go together: an attempt is signed for one moment")
    if {"unsigned", "wrong_secret"} <= found.keys():
        raise ValueError("unsigned and wrong_secret don't go together: no secret signs what is not signed")
    return found


def spelled(word: str, span_ms: int | None = None) -> str:
    """The word as it is given: `delay 5m`."""
    if word not in misbehaving.SPANS:
        return word
    return f"{word} SPAN" if span_ms is None else f"{word} {format_span(span_ms)}"


def _unknown_word(text: str) -> str:
    if text == NORMAL:
        return f"{NORMAL!r} stands alone, in a story or a test; here an empty list of rules has every webhook behave"
    near = nearest_name(text.partition(" ")[0].lower(), misbehaving.WORDS)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{text[:40]!r} is not one of {', '.join(spelled(word) for word in misbehaving.WORDS)}{hint}"


def _span_ms(word: str, text: str) -> int:
    most_ms = misbehaving.SPANS.get(word)
    if most_ms is None:
        if text:
            raise ValueError(f"{word} takes no span: {text[:40]!r} is too much")
        return 0
    if not text:
        raise ValueError(f"{word} needs a span, such as `{word} 3s`")
    span_ms = parse_span(text)
    if isinstance(span_ms, BusinessDays):
        raise ValueError(f"{word} takes no business days, whose length a calendar says: {word} 2d is two days")
    if not 0 < span_ms <= most_ms:
        raise ValueError(f"{word} takes a span from 1s to {format_span(most_ms)}, not {text[:40]}")
    return span_ms


def _arrange(tx: UniverseTx, kept: dict[str, Any], queued: list[Queued]) -> list[Queued]:
    words_by_seq = dict(_met(tx, kept["rules"], queued))
    arranged = [_marked(tx, one, words_by_seq.get(one.seq)) for one in queued]
    to_reorder = {seq for seq, words in words_by_seq.items() if "reorder" in words}
    if to_reorder or kept["held"]:
        tx.is_project_changed = True
        arranged = _reordered(tx, kept["held"], arranged, to_reorder)
    return arranged


def _met(tx: UniverseTx, known: list[dict[str, Any]], queued: list[Queued]) -> Iterator[tuple[int, dict[str, int]]]:
    """(number, words) of each delivery that meets a rule; the rules are counted."""
    counted: set[tuple[int, int]] = set()
    endpoints = [_endpoints(tx, rule) for rule in known]
    for one in queued:
        for place, rule in enumerate(known):
            if rule["event"] not in (None, one.message.topic):
                continue
            if (wanted := endpoints[place]) is not None and one.endpoint_seq not in wanted:
                continue
            if "early" in rule["do"] and not tx.is_call:
                continue  # nobody waits for an answer
            if (place, one.message.seq) not in counted:
                if rule["times"] is not None and rule["met"] >= rule["times"]:
                    continue
                counted.add((place, one.message.seq))
                rule["met"] += 1
                tx.is_project_changed = True
            yield one.seq, rule["do"]
            break


def _endpoints(tx: UniverseTx, rule: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The numbers of those that a rule is about; None: of all."""
    seq, address = rule["endpoint_seq"], rule.get("deliver_to")
    if address is not None:
        return (seq, outbox.endpoint_of_address(tx.conn, tx.project.no, address))
    return None if seq is None else (seq,)


def _marked(tx: UniverseTx, one: Queued, words: dict[str, int] | None) -> Queued:
    if words is None:
        return one
    if "early" in words:
        tx.early.append(one.seq)
    due_at_ms = one.due_at_ms + words.get("delay", 0)
    return one._replace(due_at_ms=due_at_ms, misbehaves=misbehaving.written(words))


def _waiting(tx: UniverseTx, held: dict[str, int], endpoint_seq: int) -> Unsent | None:
    """The one that waits alone for the endpoint's next one; nobody waits any more once its minute is over."""
    seq = held.get(str(endpoint_seq))
    found = None if seq is None else outbox.unsent(tx.conn, tx.project.no, seq)
    if found is None:
        held.pop(str(endpoint_seq), None)
    return found


def _overtaking(tx: UniverseTx, waiting: Unsent, one: Queued) -> Queued:
    """The new delivery, as it goes before the one that waited for it."""
    if waiting.is_strict:  # so that nothing leaves the line
        due_at_ms = waiting.due_at_ms if waiting.due_at_ms == outbox.BEHIND_MS else one.due_at_ms
        return outbox.change_places(tx.conn, tx.project.no, waiting, one, due_at_ms)
    # Due a moment before it, the new one goes first.
    outbox.set_due(tx.conn, tx.project.no, waiting.seq, tx.now_ms)
    return one._replace(due_at_ms=tx.now_ms - 1)


def _followed(tx: UniverseTx, held: dict[str, int], one: Queued) -> Queued:
    """The new delivery, which has a moment of its own, and the one that waited goes right behind it: behind an early
    one before the answer as well, behind a delayed one if it comes within the minute.
    """
    waiting = _waiting(tx, held, one.endpoint_seq)
    if waiting is None:
        return one
    if waiting.is_strict:  # where nothing goes before it, there is nothing to wait for
        if waiting.due_at_ms != outbox.BEHIND_MS:
            outbox.set_due(tx.conn, tx.project.no, waiting.seq, tx.now_ms)
    elif one.seq in tx.early:
        outbox.set_due(tx.conn, tx.project.no, waiting.seq, tx.now_ms)
        tx.early.append(waiting.seq)
    elif one.due_at_ms <= waiting.due_at_ms:
        one = outbox.change_places(tx.conn, tx.project.no, waiting, one, one.due_at_ms)
    else:
        return one
    del held[str(one.endpoint_seq)]
    return one


def _reordered(tx: UniverseTx, held: dict[str, int], queued: list[Queued], to_reorder: set[int]) -> list[Queued]:
    """Within one commit an endpoint's marked deliveries swap their messages: several turn round, a single one changes
    places with the one behind it, or before it if it is the last. Alone, it waits for the next one to that endpoint.
    Those that are delayed or early have a moment of their own and change places with nobody.
    """
    arranged = list(queued)
    places_by_endpoint: dict[int, list[int]] = {}
    timed: list[int] = []
    for place, one in enumerate(queued):
        if one.misbehaves and _TIMED & misbehaving.read(one.misbehaves).keys():
            timed.append(place)
        else:
            places_by_endpoint.setdefault(one.endpoint_seq, []).append(place)
    for place in timed:
        if queued[place].endpoint_seq not in places_by_endpoint:
            arranged[place] = _followed(tx, held, queued[place])
    for endpoint_seq, places in places_by_endpoint.items():
        waiting = _waiting(tx, held, endpoint_seq)
        if waiting is not None:
            del held[str(endpoint_seq)]
            arranged[places[0]] = _overtaking(tx, waiting, arranged[places[0]])
        marked = [place for place in places if queued[place].seq in to_reorder]
        if marked and len(places) == 1 and waiting is None:
            held[str(endpoint_seq)] = queued[places[0]].seq
            arranged[places[0]] = queued[places[0]]._replace(due_at_ms=tx.now_ms + HELD_MS)
            continue
        if len(marked) == 1:
            at = places.index(marked[0])
            marked = places[at : at + 2] if at + 1 < len(places) else places[max(at - 1, 0) : at + 1]
        turned = [arranged[place] for place in reversed(marked)]
        for place, source in zip(marked, turned, strict=True):
            arranged[place] = arranged[place]._replace(message=source.message, misbehaves=source.misbehaves)
    return arranged
