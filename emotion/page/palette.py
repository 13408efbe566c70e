"""The colours of the page, its drawings and the picture to download, each named once.

Blue against, orange for: people of every colour vision tell them apart, unlike red and green.
"""

SIGNED = ("#0b4fa0", "#6aaed6", "#ffffff", "#f7903d", "#a63603")
"""From wholly against an emotion, over nothing, to wholly for it."""

PALETTE = {
    "ink": ("#1f2933", "#f3f4f6"),
    "pale": ("#52606d", "#b6bfca"),
    "paper": ("#ffffff", "#18181b"),
    "track": ("#e9edf1", "#33373f"),
    "line": ("#c6ced6", "#4b515c"),
    "bar": ("#6aaed6", "#5b8fb9"),
    "top": ("#d9661f", "#f0883e"),
    "for": ("#c2570c", "#f0883e"),
    "against": ("#2563a8", "#6aaed6"),
}
"""(light, dark) by what a colour is for. top: the bar of the answer; pale: lesser text; track: what a bar runs in."""


def colour(name):
    """A colour on white paper: "#rrggbb"."""
    return PALETTE[name][0]


def palette_css():
    """The colours as CSS variables, such as --top, for the light and the dark page."""
    light, dark = ("".join(f"--{name}: {pair[mode]}; " for name, pair in PALETTE.items()) for mode in (0, 1))
    signed = ", ".join(SIGNED)
    return f":root {{ {light}--signed: {signed}; }}\n.dark {{ {dark}}}\n"
