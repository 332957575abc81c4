# SPDX-License-Identifier: Apache-2.0
"""A plot of time against nodes, both by powers of ten, as an SVG that can be read on light and on dark."""

import math
from collections import namedtuple
from html import escape

# `points`: (x, y) pairs; a line is drawn through more than one. `style`: a class of STYLE below.
Series = namedtuple("Series", "name points style")

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 440, 76, 190, 24, 52
STYLE = """
.back { fill: #ffffff } .grid { stroke: #d8dee4; stroke-width: 1 } text { fill: #1f2328; font: 13px sans-serif }
.first { stroke: #0969da; fill: #0969da } .second { stroke: #1a7f37; fill: #1a7f37 }
.third { stroke: #6e7781; fill: #6e7781 } .peer { stroke: #bc4c00; fill: #bc4c00 }
polyline { fill: none !important; stroke-width: 2 } .third polyline { stroke-dasharray: 4 3 }
text.name { stroke: none }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117 } .grid { stroke: #30363d } text { fill: #e6edf3 }
.first { stroke: #58a6ff; fill: #58a6ff } .second { stroke: #3fb950; fill: #3fb950 }
.third { stroke: #8b949e; fill: #8b949e } .peer { stroke: #f0883e; fill: #f0883e }
}
"""


class Scale:
    """Maps a value to a place, by its logarithm, between whole powers of ten."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def shown_count(value):
    return f"{value:,.0f}"


def shown_seconds(value):
    return f"{value:g} s" if value >= 1 else f"{value * 1e3:g} ms"


def axes(x, y, title):
    parts = []
    for tick in x.ticks():
        at = f"{x(tick):.1f}"
        parts.append(f'<line class="grid" x1="{at}" y1="{TOP}" x2="{at}" y2="{HEIGHT - BOTTOM}"/>'
                     f'<text x="{at}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{shown_count(tick)}</text>')
    for tick in y.ticks():
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y(tick):.1f}" x2="{WIDTH - RIGHT}" y2="{y(tick):.1f}"/>'
                     f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{shown_seconds(tick)}</text>')
    middle = (LEFT + WIDTH - RIGHT) // 2
    return [*parts, f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(title)}</text>']


def name_places(series, y):
    """Where the names stand: beside the last point of each, and at least a line apart from those in the same column."""
    places, last = {}, {}
    for place, at in sorted((y(one.points[-1][1]), at) for at, one in enumerate(series)):
        column = series[at].points[-1][0]
        last[column] = places[at] = max(place, last.get(column, -100.0) + 16)
    return places


def plot(series, title):
    """The text of the SVG."""
    x = Scale([point[0] for one in series for point in one.points], LEFT, WIDTH - RIGHT)
    y = Scale([point[1] for one in series for point in one.points], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
             f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>', *axes(x, y, title)]
    places = name_places(series, y)
    for at, one in enumerate(series):
        spots = [(x(a), y(b)) for a, b in one.points]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
        parts.append(f'<g class="{one.style}">'
                     + (f'<polyline points="{line}"/>' if len(spots) > 1 else "")
                     + "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in spots)
                     + f'<text class="name {one.style}" x="{max(spots[-1][0] + 9, 0):.1f}" '
                       f'y="{places[at] + 4:.1f}">{escape(one.name)}</text></g>')
    return "\n".join([*parts, "</svg>"]) + "\n"
