"""Plots, drawn on the server as SVG. Each has a text that says the same."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

HEIGHT: Final = 32
STEP: Final = 6  # width of one bar with its gap


def bars(counts: Sequence[int], label: str, *, titles: Sequence[str] = (), rtl: bool = False) -> Markup:
    """Returns a bar for each count, the latest at the end of the line. `label` says what the plot shows.

    With a title for each bar, the plot is as wide as the page, and a pointer on a bar shows its title.
    """
    width, most = max(1, len(counts)) * STEP, max(counts, default=0) or 1
    drawn = []
    for place, count in enumerate(counts):
        height = round(count / most * (HEIGHT - 2), 1) if count else 1
        at = width - (place + 1) * STEP if rtl else place * STEP
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}"{}>{}</rect>').format(
                at,
                round(HEIGHT - height, 1),
                STEP - 1,
                height,
                Markup("") if count else Markup(' class="none"'),
                Markup("<title>{}</title>").format(titles[place]) if titles else "",
            )
        )
    size = Markup('preserveAspectRatio="none"') if titles else Markup('width="{}" height="{}"').format(width, HEIGHT)
    return Markup('<svg class="bars{}" viewBox="0 0 {} {}" {} role="img" aria-label="{}">{}</svg>').format(
        " large" if titles else "", width, HEIGHT, size, label, Markup("").join(drawn)
    )
