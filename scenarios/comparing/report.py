"""A comparison for a human, for a program, and as a picture."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from mockpsp.scenarios.comparing.compare import PspResult, currencies
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.replaying.money import Money

CHARTS = (".svg", ".png")
#: The expense accounts of fees, less what all have in common, in the order of a payment's life.
_CAUSES = ("processing", "refund", "chargeback", "other")
#: What becomes of the money, in the order it is stacked: part -> colour. Chosen to be told apart by the colour-blind.
_PARTS = {
    "kept": "#0072b2",
    "fees": "#e69f00",
    "lost": "#d55e00",
    "refunded": "#bbbbbb",
}


def table(name: str, fates: Sequence[PspResult]) -> str:
    """One line a PSP; under a refused one, where and why, and what nothing ended."""
    seen = {cause for fate in fates for money in fate.money.values() for cause in money.fees}
    causes = [cause for cause in _CAUSES if cause in seen]
    rows = [["", "keeps", *(f"{cause} fee" for cause in causes), "lost", "money arrives"]]
    for fate in fates:
        rows.append([fate.psp, *_cells(fate, causes)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [name, ""]
    lines.append(_line(rows[0], widths))
    for row, fate in zip(rows[1:], fates, strict=True):
        lines.append(_line(row, widths))
        if fate.refusal is not None:
            done = f"{fate.steps} of {fate.steps_count} steps"
            lines.append(f"  refused at {fate.refusal.step} ({done}): {fate.refusal.message}")
        if open_still := _open(fate):
            lines.append(f"  still open: {open_still}")
    survived = sum(fate.survived for fate in fates)
    return "\n".join([*lines, "", f"{survived} of {len(fates)} PSPs let the flow through"])


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
        figure.legend(handles, labels, loc="outside lower center", ncols=len(_PARTS), frameon=False)
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": "mockpsp"}
        figure.savefig(path, metadata=metadata, dpi=120)
        pyplot.close(figure)


def parts(money: Money) -> dict[str, Decimal]:
    """What a bar of the chart is made of; the parts add up to the sales, with what waits to be refunded."""
    return {
        "kept": money.keeps,
        "fees": sum(money.fees.values(), Decimal(0)),
        "lost": money.losses,
        "refunded": money.refunds + money.is_open.get("to be refunded", Decimal(0)),
    }


def _draw_bars(axis: Any, fates: Sequence[PspResult], currency: str) -> None:
    names = [fate.psp for fate in fates]
    left, below = [0.0] * len(fates), [0.0] * len(fates)
    for part, colour in _PARTS.items():
        # Where drawing begins, exactness ends: pixels are floats.
        widths = [float(parts(fate.money.get(currency, Money()))[part]) for fate in fates]
        starts = [left[n] if width >= 0 else below[n] for n, width in enumerate(widths)]
        axis.barh(names, widths, left=starts, color=colour, label=part, height=0.6)
        for n, width in enumerate(widths):
            left[n] += max(width, 0.0)
            below[n] += min(width, 0.0)
    for n, fate in enumerate(fates):
        kept = fate.money.get(currency, Money()).keeps
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


def _cells(fate: PspResult, causes: Sequence[str]) -> list[str]:
    if not fate.money:
        return ["-"] * (len(causes) + 3)
    moneys = fate.money.items()
    keeps = ", ".join(f"{money.keeps} {currency}" for currency, money in moneys)
    fees = [", ".join(str(money.fees.get(cause, "-")) for _, money in moneys) for cause in causes]
    lost = ", ".join(str(money.losses or "-") for _, money in moneys)
    return [keeps, *fees, lost, _arrives(fate)]


def _open(fate: PspResult) -> str:
    return ", ".join(
        f"{amount} {currency} {kind}"
        for currency, money in fate.money.items()
        for kind, amount in money.is_open.items()
    )


def _arrives(fate: PspResult) -> str:
    if fate.arrives_at is None:
        return "never"
    return f"{fate.arrives_at[:10]} (+{fate.days} d){'' if fate.is_paid_out else ' available'}"


def _fate_json(fate: PspResult) -> dict[str, object]:
    refusal = fate.refusal
    return {
        "psp": fate.psp,
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
        "arrives_at": fate.arrives_at,
        "is_paid_out": fate.is_paid_out,
        "days": fate.days,
    }


def _money_json(money: Money) -> dict[str, object]:
    return {
        "sales": str(money.sales),
        "refunds": str(money.refunds),
        "lost": str(money.losses),
        "fees": {cause: str(amount) for cause, amount in money.fees.items()},
        "keeps": str(money.keeps),
        "open": {kind: str(amount) for kind, amount in money.is_open.items()},
    }
