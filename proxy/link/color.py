"""The operator's colour, made readable: contrast as WCAG 2.2 measures it (section 1.4.3): pure."""

READABLE = 4.5
TINTED = 5.6
"""What is readable on the plain paper so far is still readable on the surfaces tinted with it."""
LIGHT_PAPER = "#ffffff"
DARK_PAPER = "#191c20"
STEPS = 50


def on(color: str) -> str:
    """Black or white, whichever is better read on a colour; one of them always is."""
    return max("#ffffff", "#000000", key=lambda ink: contrast(ink, color))


def readable(color: str, paper: str) -> str:
    """The colour, moved towards black or white until it is read on a paper."""
    goal = on(paper)
    for step in range(STEPS + 1):
        mixed = _mixed(color, goal, step / STEPS)
        if contrast(mixed, paper) >= TINTED:
            return mixed
    return goal


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _mixed(color: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(color), _parts(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
