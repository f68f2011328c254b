"""The house style of files: labels, axes and bars of colours, and how a figure is saved."""

from __future__ import annotations

import functools
import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    NullFormatter,
    NullLocator,
)
from PIL import Image

from hpobench.analysis import figures
from hpobench.analysis.looks import GRID, INK, MUTED
from hpobench.contract.files import write_whole

_RC: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on any machine
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.facecolor": "white",
    "figure.dpi": 170,
    "text.parse_math": False,  # a dollar in a label is a dollar
    "pdf.fonttype": 42,
    "svg.hashsalt": "hpobench",
}


def power_of_ten(value: float) -> str:
    """The label of a decade in plain characters, which draw far faster than formulas."""
    if 0.001 <= value <= 10000:
        return f"{value:g}"
    digits = str.maketrans(
        "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
    )
    return "10" + str(round(math.log10(value))).translate(digits)


def label_decades(axis: Axis, *, narrow: bool, percent: bool = False) -> None:
    """Labels for a logarithmic ``axis``; a ``narrow`` one has few powers of ten to label."""
    if narrow:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))

    def label(value: float, _: float) -> str:
        if percent:
            return f"{100 * value:.3g} %"
        return f"{value:g}" if narrow else power_of_ten(value)

    axis.set_major_formatter(FuncFormatter(label))
    axis.set_minor_formatter(NullFormatter())


def scale(axis: Axis, described: figures.Axis) -> None:
    """Scale and label ``axis``, ``ax.xaxis`` say."""
    low, high, percent = described.low, described.high, described.percent
    log = described.scale != "linear"
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log" if log else "linear", f"{name}lim": (low, high)})
    if described.scale == "nines":
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{1 - 1 / value:g}"))
        axis.set_minor_locator(NullLocator())
    elif log:
        label_decades(axis, narrow=high < 60 * low, percent=percent)
    elif percent:
        axis.set_major_locator(MultipleLocator(0.2))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    else:
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """A label for each row of ``ax``, the first on top."""
    ax.set_yticks(range(len(names)), [drawable(name) for name in names], color=INK)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def bare(ax: Axes) -> None:
    """Neither lines nor ticks; grey where there is no field."""
    ax.grid(False)
    ax.set_facecolor(GRID)
    ax.tick_params(which="both", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def contrasting(colours: ScalarMappable, value: float) -> str:
    """Ink or white, by the brightness of the field's colour."""
    red, green, blue, _ = colours.to_rgba(np.array([value]))[0]
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK


def colour_bar(
    figure: Figure, colours: ScalarMappable, ax: Any, label: str, **place: Any
) -> Colorbar:
    """What the colours stand for, at the right of ``ax``, one panel or several."""
    bar = figure.colorbar(colours, ax=ax, pad=0.01, **{"fraction": 0.05, "aspect": 14, **place})
    bar.set_label(drawable(label), color=MUTED)
    bar.ax.spines["outline"].set_visible(False)
    return bar


def head(figure: Figure, title: str) -> None:
    """A title at the left, unless it is empty."""
    if title:
        figure.suptitle(drawable(title), x=0.01, ha="left", fontsize=10, fontweight="bold")


def legend_row(figure: Figure, handles: Sequence[Artist]) -> None:
    """A legend below all panels, in as many columns as its longest label leaves room for."""
    longest = max(len(str(handle.get_label())) for handle in handles)
    room = int(figure.get_figwidth() / (0.55 + 0.065 * longest))
    figure.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=min(len(handles), max(room, 1), 6),
        handlelength=2.4,
        columnspacing=1.6,
        labelcolor=MUTED,
    )


LONGEST = 80  # characters of a label in a figure; a figure is as wide as its labels


def drawable(label: str) -> str:
    """``label`` with escapes like ``\\u6e2c`` for characters that the font lacks, so that different
    labels stay different and the picture is the same whatever fonts a machine has.

    The middle of one with more than :data:`LONGEST` characters is replaced by an ellipsis and a
    few digits of its hash, by which labels that differ there alone are told apart.
    """
    known = _characters()
    text = "".join(
        c if ord(c) in known else c.encode("ascii", "backslashreplace").decode() for c in label
    )
    if len(text) <= LONGEST:
        return text
    digest = hashlib.blake2b(label.encode(errors="surrogatepass"), digest_size=3).hexdigest()
    side = (LONGEST - len(digest) - 2) // 2
    return f"{text[:side]}\u2026{digest}\u2026{text[-side:]}"


@functools.cache
def _characters() -> frozenset[int]:
    """What both weights of the font can draw."""
    family = _RC["font.family"]
    weights = [FontProperties(family=family, weight=weight) for weight in ("normal", "bold")]
    regular, bold = (get_font(findfont(weight)).get_charmap() for weight in weights)
    return frozenset(regular.keys() & bold.keys())


@contextmanager
def house_style() -> Iterator[None]:
    """Inside the block matplotlib is set to our style, whatever the user's own settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write ``stem``.png and ``stem``.pdf, byte-identical for the same figure."""
    image, pdf = (stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "pdf"))
    with house_style():
        # Laid out once for both files; with an engine each would also be drawn twice.
        if engine := figure.get_layout_engine():
            engine.execute(figure)
            figure.set_layout_engine(None)
        write_whole(image, png(figure), flush=False)
        dates = {"CreationDate": None, "Producer": None, "Creator": None}
        figure.savefig(made := io.BytesIO(), format="pdf", metadata=dates)
        write_whole(pdf, made.getvalue(), flush=False)
    return [image, pdf]


def png(figure: Figure) -> bytes:
    """``figure`` as a PNG file, always the same bytes."""
    canvas: Any = FigureCanvasAgg(figure)
    with house_style():
        canvas.draw()
    # 256 colours look the same and take a quarter of the space, which pages are made of.
    colours = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = colours.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.save(made := io.BytesIO(), "png", dpi=(figure.dpi, figure.dpi))
    return made.getvalue()
