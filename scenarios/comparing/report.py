"""A comparison for a human, for a program, and as a picture."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

from mockpsp.scenarios.comparing.arrival import Arrival, Came
from mockpsp.scenarios.comparing.compare import PspResult, currencies
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.replaying.money import Money

CHARTS = (".svg", ".png")
#: The expense accounts of fees, less what all have in common, in the order of a payment's life.
_CAUSES = ("processing", "tax", "refund", "chargeback", "other")
#: Cause of a fee -> how its column is headed, where not by itself.
_FEE_HEADINGS = {"processing": "processing", "chargeback": "dispute fee"}
_LEGEND = """certain: kept, less owed. What is kept, fees, refunded, lost and at risk, less what is owed, are the sales.
half, all: days from each sale until half and all of the money was in the bank (*: available; nobody pays it out)."""
#: What becomes of the money, in the order it is stacked: part -> colour, told apart by the colour-blind.
_PARTS = {
    "kept": "#0072b2",
    "fees": "#e69f00",
    "lost": "#d55e00",
    "refunded": "#bbbbbb",
    "paid on": "#56b4e9",
    "at risk": "#f0e442",
    "owed": "#cc79a7",
}
#: Parts that the legend has whether or not there are any.
_ALWAYS = ("kept", "fees", "lost", "refunded")
#: Amounts of a row -> how they are shown; those that are nothing everywhere have no column.
_AMOUNTS: dict[str, Callable[[Money], Decimal]] = {
    "refunded": lambda money: money.refunds,
    "paid on": lambda money: money.paid_on,
    "lost": lambda money: money.losses,
    "at risk": lambda money: money.at_risk,
    "owed PSP": lambda money: money.owed_to_psp,
    "owed customers": lambda money: money.owed_to_customers,
}


def rows_of(fates: Sequence[PspResult]) -> list[list[str]]:
    """The table as rows of cells, the heads first: a row a PSP, or a PSP and strategy."""
    moneys = [money for fate in fates for money in fate.money.values()]
    causes = [cause for cause in _CAUSES if any(money.fees.get(cause) for money in moneys)]
    causes += sorted({cause for money in moneys for cause in money.fees} - set(_CAUSES))
    amounts = [heading for heading, of in _AMOUNTS.items() if any(map(of, moneys))]
    fees = [_FEE_HEADINGS.get(cause, f"{cause} fee") for cause in causes]
    rows = [["", "", "certain", "sales", "kept", *fees, *amounts, "half", "all"]]
    for fate in fates:
        rows.append([_label(fate), *_cells(fate, causes, amounts)])
    return rows


def table(name: str, fates: Sequence[PspResult]) -> str:
    """One line a PSP, or a PSP and strategy; under a refused one, where and why, and what nothing ended."""
    rows = rows_of(fates)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [name, "", _line(rows[0], widths)]
    for row, fate in zip(rows[1:], fates, strict=True):
        lines += [_line(row, widths), *troubles(fate)]
    return "\n".join([*lines, "", *ending(fates)])


def troubles(fate: PspResult) -> list[str]:
    """Where a PSP refused the flow, and what nothing ended."""
    lines = []
    if fate.refusal is not None:
        done = f"{fate.steps} of {fate.steps_count} steps"
        lines.append(f"  refused at {fate.refusal.step} ({done}): {fate.refusal.message}")
    if open_still := _open(fate):
        lines.append(f"  still open: {open_still}")
    return lines


def ending(fates: Sequence[PspResult]) -> list[str]:
    """What the columns mean, and the verdict."""
    return [_LEGEND, "", *_verdict(fates)]


def _label(fate: PspResult) -> str:
    return f"{fate.psp} {fate.strategy}".rstrip()


def _verdict(fates: Sequence[PspResult]) -> list[str]:
    """How many PSPs let the flow through; of a story with strategies, which of them is best at how many."""
    by_psp: dict[str, list[PspResult]] = {}
    for fate in fates:
        by_psp.setdefault(fate.psp, []).append(fate)
    through = sum(any(one.survived for one in of_psp) for of_psp in by_psp.values())
    lines = [f"{through} of {len(by_psp)} PSPs let the flow through"]
    ways = list(dict.fromkeys(fate.strategy for fate in fates))
    if len(ways) > 1:
        best: dict[str, list[str]] = {way: [] for way in sorted(ways)}
        alike: list[str] = []
        for psp, of_psp in by_psp.items():
            through_it = [one for one in of_psp if one.survived]
            certain = {one.strategy: [money.certain for money in one.money.values()] for one in through_it}
            top = [way for way, kept in certain.items() if kept == max(certain.values())]
            if len(top) == 1:
                best[top[0]].append(psp)
            elif top:
                alike.append(psp)
        lines += [f"{way} is best at {len(psps)}: {', '.join(psps)}" for way, psps in best.items() if psps]
        lines += [f"all the same at {len(alike)}: {', '.join(alike)}"] if alike else []
    return lines


def as_json(name: str, fates: Sequence[PspResult]) -> str:
    """The comparison as one JSON document, best first."""
    return json.dumps({"scenario": name, "fates": [_fate_json(fate) for fate in fates]}, ensure_ascii=False, indent=2)


def draw(name: str, fates: Sequence[PspResult], path: Path) -> None:
    """A bar a PSP: what is kept, what fees and lost disputes took, what was or will be refunded.

    SVG or PNG, by the file's name.
    """
    try:
        import matplotlib
    except ImportError:
        raise ReplayError("charts need matplotlib: pip install 'mockpsp[charts]'") from None
    matplotlib.use("agg")
    from matplotlib import pyplot

    # The same comparison draws the same file.
    with pyplot.rc_context({"svg.hashsalt": "mockpsp", "svg.fonttype": "none", "font.size": 10}):
        shown = currencies(fates) or [""]
        figure, axes = pyplot.subplots(
            len(shown), 1, figsize=(9, 1.2 + 0.42 * len(fates) * len(shown)), squeeze=False, layout="constrained"
        )
        for axis, currency in zip(axes[:, 0], shown, strict=True):
            _draw_bars(axis, fates, currency)
        axes[0, 0].set_title(name, loc="left")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles), frameon=False)
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": "mockpsp"}
        figure.savefig(path, metadata=metadata, dpi=120)
        pyplot.close(figure)


def parts(money: Money) -> dict[str, Decimal]:
    """What a bar of the chart is made of; the parts add up to the sales, with what is owed below zero."""
    return {
        "kept": money.keeps,
        "fees": sum(money.fees.values(), Decimal(0)),
        "lost": money.losses,
        "refunded": money.refunds,
        "paid on": money.paid_on,
        "at risk": money.at_risk,
        "owed": -money.owed,
    }


def _draw_bars(axis: Any, fates: Sequence[PspResult], currency: str) -> None:
    names = [_label(fate) for fate in fates]
    drawn = [fate.money.get(currency, Money()) for fate in fates]
    left, below = [0.0] * len(fates), [0.0] * len(fates)
    for part, colour in _PARTS.items():
        # Where drawing begins, exactness ends: pixels are floats.
        widths = [float(parts(money)[part]) for money in drawn]
        if part not in _ALWAYS and not any(widths):
            continue
        starts = [left[n] if width >= 0 else below[n] for n, width in enumerate(widths)]
        axis.barh(names, widths, left=starts, color=colour, label=part, height=0.6)
        for n, width in enumerate(widths):
            left[n] += max(width, 0.0)
            below[n] += min(width, 0.0)
    for n, fate in enumerate(fates):
        kept = drawn[n].certain
        text = f"{kept} kept" if fate.survived else f"refused at {fate.refusal.step if fate.refusal else ''}"
        axis.annotate(text, (left[n], n), xytext=(6, 0), textcoords="offset points", va="center", fontsize=9)
    axis.invert_yaxis()
    axis.axvline(0, color="black", linewidth=0.8)
    axis.margins(x=0.22)
    axis.set_xlabel(currency)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The name on the left, figures right-aligned."""
    name, *figures = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([name.strip().ljust(widths[0]), *figures]).rstrip()


def _cells(fate: PspResult, causes: Sequence[str], amounts: Sequence[str]) -> list[str]:
    if not fate.money:
        return ["", *["-"] * (len(causes) + len(amounts) + 5)]
    moneys = fate.money.items()
    certain, sales, keeps = (
        ", ".join(str(of(money)) for _, money in moneys) for of in map(attrgetter, ("certain", "sales", "keeps"))
    )
    fees = [", ".join(str(money.fees.get(cause, "-")) for _, money in moneys) for cause in causes]
    others = [", ".join(str(_AMOUNTS[heading](money) or "-") for _, money in moneys) for heading in amounts]
    arrivals = [fate.arrivals.get(currency, Arrival()) for currency, _ in moneys]
    half = ", ".join(_after(arrival.half, arrival) for arrival in arrivals)
    return [
        ", ".join(fate.money),
        certain,
        sales,
        keeps,
        *fees,
        *others,
        half,
        ", ".join(_after(arrival.whole, arrival) for arrival in arrivals),
    ]


def _open(fate: PspResult) -> str:
    return ", ".join(
        f"{amount} {currency} {kind}"
        for currency, money in fate.money.items()
        for kind, amount in money.is_open.items()
    )


def _after(came: Came, arrival: Arrival) -> str:
    """Days in a cell; an asterisk where money became available and nobody paid it out."""
    return "never" if came.days is None else f"{came.days} d{'' if arrival.is_paid_out else '*'}"


def _fate_json(fate: PspResult) -> dict[str, object]:
    refusal = fate.refusal
    return {
        "psp": fate.psp,
        "strategy": fate.strategy or None,
        "survived": fate.survived,
        "steps": fate.steps,
        "steps_count": fate.steps_count,
        "refused": None
        if refusal is None
        else {
            "step": refusal.step,
            "line": refusal.line,
            "status": refusal.status,
            "error_type": refusal.error_type,
            "message": refusal.message,
        },
        "money": {currency: _money_json(money) for currency, money in fate.money.items()},
        "arrives": {currency: _arrival_json(arrival) for currency, arrival in fate.arrivals.items()},
    }


def _money_json(money: Money) -> dict[str, object]:
    return {
        "sales": str(money.sales),
        "certain": str(money.certain),
        "keeps": str(money.keeps),
        "fees": {cause: str(amount) for cause, amount in money.fees.items()},
        "refunds": str(money.refunds),
        "paid_on": str(money.paid_on),
        "lost": str(money.losses),
        "at_risk": str(money.at_risk),
        "owed_to_psp": str(money.owed_to_psp),
        "owed_to_customers": str(money.owed_to_customers),
        "open": {kind: str(amount) for kind, amount in money.is_open.items()},
    }


def _arrival_json(arrival: Arrival) -> dict[str, object]:
    return {
        "half": arrival.half._asdict(),
        "all": arrival.whole._asdict(),
        "is_paid_out": arrival.is_paid_out,
    }
