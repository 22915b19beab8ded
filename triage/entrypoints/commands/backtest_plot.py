"""What a back-test found, as a picture: who moves where, and in which hours."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

from triage.domain.backtest import FEW, Backtest, Move
from triage.domain.bitmaps import size
from triage.domain.history import HOURS
from triage.entrypoints.commands.backtest_table import named
from triage.entrypoints.commands.private_files import private_bytes

FALLS, MOVES, OLD, INK, PALE = "#c8553d", "#4f7cac", "#9aa5b1", "#2f3b47", "#eef1f4"
MOST_MOVES = 9
"""Ribbons; with more the smallest are left out, and the picture says so."""
MOST_RESPONSES = 3
GAP = 0.03


def draw(compared: Backtest, file: Path) -> None:
    """Draw into a PNG or SVG. The same back-test gives the same file."""
    style: Any = {
        "font.size": 10,
        "svg.hashsalt": "triage",
        "text.color": INK,
        "axes.edgecolor": OLD,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(12, 7), layout="constrained")
        spaces = figure.add_gridspec(2, 2, width_ratios=(1.35, 1), hspace=0.08)
        _flow(compared, figure.add_subplot(spaces[:, 0]))
        _hours(compared, figure.add_subplot(spaces[0, 1]))
        _demand(compared, figure.add_subplot(spaces[1, 1]))
        old, new = compared.old.rule_set, compared.new.rule_set
        title = f"{old.name} {old.version} → {new.name} {new.version}"
        figure.suptitle(f"{title}, {compared.calls:,} past calls", x=0.005, ha="left", size=13)
        kind = file.suffix.lower().removeprefix(".")
        metadata = {"Date": None} if kind == "svg" else None
        with private_bytes(file) as opened:
            figure.savefig(opened, format=kind, dpi=130, metadata=metadata)


# --- who moves where ----------------------------------------------------------------------------


def _flow(compared: Backtest, axes: Any) -> None:
    """Ribbons from the old responses on the left to the new ones on the right."""
    axes.axis("off")
    moves = [one for one in compared.responses() if one.old != one.new]
    shown, total = moves[:MOST_MOVES], size(compared.other_response)
    said = f"{total:,} calls ({total / compared.calls:.1%}) get another response"
    axes.set_title(said, loc="left", size=11, color=INK)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(1.02, -0.06)
    if not shown:
        axes.text(0.5, 0.5, "No call gets another response.", ha="center", color=INK)
        return
    scale = (1 - GAP * (len(shown) - 1)) / sum(one.calls for one in shown)
    left = dict(_stacked([(one.old, one.calls) for one in shown], scale))
    right = dict(_stacked([(one.new, one.calls) for one in shown], scale))
    for decisions, stack, at, side in (
        (compared.old, left, 0.30, "right"),
        (compared.new, right, 0.70, "left"),
    ):
        for response, (top, height) in stack.items():
            axes.add_patch(Rectangle((at - 0.006, top), 0.012, height, color=INK, lw=0))
            calls = round(height / scale)
            x = at - 0.02 if side == "right" else at + 0.02
            text = f"{named(decisions, response)}  {calls:,}"
            axes.text(x, top + height / 2, text, ha=side, va="center", color=INK)
    falling = _falling(compared)
    for one, start, end, height in _ribbons(shown, left, right, scale):
        share = falling.get((one.old, one.new), 0) / one.calls
        for colour, begin, part in ((FALLS, 0.0, share), (MOVES, share, 1 - share)):
            if part:
                shift, thick = begin * height, part * height
                axes.add_patch(_ribbon(start + shift, end + shift, thick, colour))
    axes.text(0.30, -0.03, "old", ha="center", color=OLD)
    axes.text(0.70, -0.03, "new", ha="center", color=OLD)
    if len(moves) > len(shown):
        rest = sum(one.calls for one in moves[MOST_MOVES:])
        axes.text(0.5, 1.02, f"and {rest:,} calls in smaller moves", ha="center", color=OLD)


def _falling(compared: Backtest) -> dict[tuple[str, str], int]:
    """Of each move, the calls that get less."""
    counts: dict[tuple[str, str], int] = {}
    for response, _, calls in compared.moves_among(compared.fallen):
        key = response.old, response.new
        counts[key] = counts.get(key, 0) + calls
    return counts


def _stacked(
    parts: Sequence[tuple[str, int]], scale: float
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Top and height of each response, one below the other in the middle of the picture."""
    totals: dict[str, int] = {}
    for name, calls in parts:
        totals[name] = totals.get(name, 0) + calls
    top = (1 - sum(totals.values()) * scale - GAP * (len(totals) - 1)) / 2
    for name, calls in sorted(totals.items(), key=lambda one: -one[1]):
        yield name, (top, calls * scale)
        top += calls * scale + GAP


def _ribbons(
    moves: Sequence[Move],
    left: dict[str, tuple[float, float]],
    right: dict[str, tuple[float, float]],
    scale: float,
) -> Iterator[tuple[Move, float, float, float]]:
    """Each move with where it starts, where it ends and how thick it is."""
    used_left = {name: top for name, (top, _) in left.items()}
    ends: dict[tuple[str, str], float] = {}
    used_right = {name: top for name, (top, _) in right.items()}
    for one in sorted(moves, key=lambda move: left[move.old]):
        ends[one.old, one.new] = used_right[one.new]
        used_right[one.new] += one.calls * scale
    for one in sorted(moves, key=lambda move: right[move.new]):
        height = one.calls * scale
        yield one, used_left[one.old], ends[one.old, one.new], height
        used_left[one.old] += height


def _ribbon(start: float, end: float, thick: float, colour: str) -> PathPatch:
    left, middle, right = 0.306, 0.5, 0.694
    corners = [
        (left, start), (middle, start), (middle, end), (right, end),
        (right, end + thick), (middle, end + thick), (middle, start + thick), (left, start + thick),
        (left, start),
    ]  # fmt: skip
    curve = [Outline.CURVE4] * 3
    kinds = [Outline.MOVETO, *curve, Outline.LINETO, *curve, Outline.CLOSEPOLY]
    return PathPatch(Outline(corners, kinds), facecolor=colour, alpha=0.55, lw=0)


# --- in which hours -----------------------------------------------------------------------------


def _hours(compared: Backtest, axes: Any) -> None:
    """Calls that move, by the hour of the day; those that get less at the bottom."""
    by_hour = list(enumerate(compared.by_hour()))
    told = [(hour, one) for hour, one in by_hour if not one.is_few]
    hours = [hour for hour, _ in told]
    fallen = [one.fallen for _, one in told]
    rest = [one.moved - one.fallen for _, one in told]
    axes.bar(hours, fallen, color=FALLS, alpha=0.75, label="get less than before")
    axes.bar(hours, rest, bottom=fallen, color=MOVES, alpha=0.75, label="other moves")
    axes.set_title("Calls that move, by hour of the day", loc="left", size=11, color=INK)
    _plain(axes)
    axes.legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.02), fontsize=9)
    axes.set_ylim(top=max([1, *(one.moved for _, one in told)]) * 1.25)
    if any(one.is_few and one.calls for _, one in by_hour):
        axes.set_xlabel(f"Hours with fewer than {FEW} calls are left out.", color=OLD, size=9)


def _demand(compared: Backtest, axes: Any) -> None:
    """The responses whose number of calls changes most, old and new, by the hour."""
    weeks = compared.weeks()
    demand = sorted(compared.demand(), key=lambda one: -abs(one.new - one.old))
    changed = [one for one in demand if one.new != one.old][:MOST_RESPONSES]
    for one, colour in zip(changed, (MOVES, "#5b8c5a", "#b08a3e"), strict=False):
        old, new = (_of_day(counts, weeks) for counts in (one.by_hour_old, one.by_hour_new))
        axes.plot(old, color=colour, ls=(0, (2, 2)), lw=1.4)
        axes.plot(new, color=colour, lw=2, label=named(compared.new, one.response))
    said = "Calls a week in each hour of the day: new; old dashed"
    axes.set_title(said if changed else "Nobody gets more or fewer calls", loc="left", size=11)
    _plain(axes)
    if changed:
        # One below the other: names side by side run out of the picture.
        axes.set_ylim(0, axes.get_ylim()[1] * (1.1 + 0.12 * len(changed)))
        axes.legend(frameon=False, loc="upper left", fontsize=9)


def _of_day(counts: Sequence[int], weeks: float) -> list[float]:
    return [sum(counts[hour::HOURS]) / max(weeks, 1.0) for hour in range(HOURS)]


def _plain(axes: Any) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.set_xticks(range(0, HOURS, 3), [f"{hour:02}:00" for hour in range(0, HOURS, 3)])
    axes.set_xlim(-0.6, HOURS - 0.4)
    axes.grid(axis="y", color=PALE)
    axes.set_axisbelow(True)
    axes.locator_params(axis="y", integer=True, nbins=5)
