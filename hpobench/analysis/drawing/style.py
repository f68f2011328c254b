"""How algorithms look, the same in every figure of a report, and how figures are saved."""

from __future__ import annotations

import functools
import hashlib
import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from hpobench.analysis.core.curves import Algorithm
from hpobench.contract.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Drawing: TypeAlias = "Callable[[], Figure]"
"""The call that draws a figure, to be made in another process."""

PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # green
    "#CC79A7",  # purple
    "#E69F00",  # orange
    "#56B4E9",  # sky
    "#2B2B2B",  # near black
    "#94891A",  # olive: Okabe and Ito's yellow, dark enough for a line on white
)
"""Okabe and Ito's colours, told apart under the common colour blindnesses."""
MARKERS = ("o", "s", "^", "D", "v", "p", "X", "h")
DASHES = ((0, ()), (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
INK, MUTED, GRID, GHOST = "#1F2328", "#59636E", "#E3E6EA", "#CDD2D8"
ONE_PANEL = 8
"""More algorithms than this and each scheduler gets a panel of its own."""

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


@dataclass(frozen=True)
class Look:
    color: str
    marker: str
    dashes: tuple[int, tuple[float, ...]]


class Styles:
    """The look of each algorithm: hue and marker by searcher, line style by scheduler.

    Assigned by the order of ``algorithms``, which is the suite's; with a single searcher the
    hue tells schedulers apart.
    """

    def __init__(self, algorithms: Sequence[Algorithm]) -> None:
        self.algorithms = tuple(algorithms)
        self.searchers = list(dict.fromkeys(a.searcher for a in algorithms))
        self.schedulers = list(dict.fromkeys(a.scheduler for a in algorithms))
        self.faceted = len(self.algorithms) > ONE_PANEL and len(self.schedulers) > 1

    def hue_of(self, algorithm: Algorithm) -> str:
        """What the algorithm's hue stands for, and legends of panels name."""
        return algorithm.searcher if len(self.searchers) > 1 else algorithm.scheduler

    def look(self, algorithm: Algorithm, *, together: bool = False) -> Look:
        """``together``: all algorithms are drawn in one panel, however many they are."""
        by_searcher = len(self.searchers) > 1
        i = (
            self.searchers.index(algorithm.searcher)
            if by_searcher
            else self.schedulers.index(algorithm.scheduler)
        )
        # Once around the palette the markers shift, so that no pair comes twice.
        marker = MARKERS[(i + i // len(PALETTE)) % len(MARKERS)]
        solid = (self.faceted and not together) or not by_searcher
        j = 0 if solid else self.schedulers.index(algorithm.scheduler) % len(DASHES)
        return Look(PALETTE[i % len(PALETTE)], marker, DASHES[j])


def power_of_ten(value: float) -> str:
    """The label of a decade in plain characters, which draw far faster than formulas."""
    if 0.001 <= value <= 10000:
        return f"{value:g}"
    digits = str.maketrans(
        "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
    )
    return "10" + str(round(math.log10(value))).translate(digits)


def label_decades(axis: Axis, *, narrow: bool) -> None:
    """Labels for a logarithmic ``axis``; a ``narrow`` one has few powers of ten to label."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if narrow:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}" if narrow else power_of_ten(x)))
    axis.set_minor_formatter(NullFormatter())


def label_shares(ax: Axes) -> None:
    """A linear y axis from nothing to all."""
    from matplotlib.ticker import MultipleLocator, PercentFormatter

    ax.set_ylim(-0.02, 1.02)
    ax.yaxis.set_major_locator(MultipleLocator(0.2))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


LONGEST = 80
"""Characters of a label in a figure; a figure is as wide as its labels."""


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
    from matplotlib.font_manager import FontProperties, findfont, get_font

    family = _RC["font.family"]
    weights = [FontProperties(family=family, weight=weight) for weight in ("normal", "bold")]
    regular, bold = (get_font(findfont(weight)).get_charmap() for weight in weights)
    return frozenset(regular.keys() & bold.keys())


@contextmanager
def house_style() -> Iterator[None]:
    """Inside the block matplotlib is set to our style, whatever the user's own settings are."""
    import matplotlib

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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    with house_style():
        canvas.draw()
    # 256 colours look the same and take a quarter of the space, which pages are made of.
    colours = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = colours.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.save(made := io.BytesIO(), "png", dpi=(figure.dpi, figure.dpi))
    return made.getvalue()
