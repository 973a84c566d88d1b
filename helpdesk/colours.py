"""Colours in numbers: contrast by WCAG 2.2, and the nearest colour that has enough of it.

Plain arithmetic on "#rrggbb". Lightness moves in OKLab (Björn Ottosson), where a hue keeps its
look; WCAG's relative luminance decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

# WCAG AA for text.
ENOUGH = 4.5
STEPS = 400

Rgb = tuple[float, float, float]
_HEX = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, 1 to 21."""
    dark, light = sorted([_luminance(one), _luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def least_contrast(colour: str, surfaces: Iterable[str]) -> float:
    """The ratio on the surface where it is hardest to see."""
    return min(contrast(colour, surface) for surface in surfaces)


def mix(one: str, other: str, share: float) -> str:
    """`share` (0 to 1) of the first in the second, in OKLab."""
    a, b = _oklab(_rgb(one)), _oklab(_rgb(other))
    return _hex(_from_oklab(*(x * share + y * (1 - share) for x, y in zip(a, b, strict=True))))


@lru_cache(maxsize=256)
def nearest(colour: str, surfaces: tuple[str, ...], enough: float = ENOUGH) -> str:
    """The colour with the least change of lightness that has enough contrast on all surfaces.

    Hue and colourfulness stay as far as a screen can show them. On surfaces of one theme there
    always is one: black or white at the last.
    """
    lightness, a, b = _oklab(_rgb(colour))
    for step in range(STEPS + 1):
        for direction in (-1, 1):
            moved = lightness + direction * step / STEPS
            if 0 <= moved <= 1:
                found = _hex(_from_oklab(moved, a, b))
                if least_contrast(found, surfaces) >= enough:
                    return found
    return max("#000000", "#ffffff", key=lambda end: least_contrast(end, surfaces))


def _rgb(colour: str) -> Rgb:
    """Linear light, 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(_shown(value) * 255):02x}" for value in rgb)


def _shown(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = _rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(rgb: Rgb) -> Rgb:
    red, green, blue = rgb
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Rgb:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
