"""A tenant's colours as a style sheet: the tokens of what invites an action, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk import colours

# Of tokens.css: what an accent stands on in each theme, and the product's own accents.
LIGHT_PAPERS = ("#ffffff", "#f5f6f4")
DARK_PAPERS = ("#15181c", "#0f1114", "#1c2025")
OWN_LIGHT, OWN_DARK = "#0b6168", "#5fc3c9"
WASH = 0.12
# How far a pointer's colour is from the accent's own, towards ink.
STRONGER = 0.75


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme's part: its papers, what is darkest or lightest on them, its own accent."""

    papers: tuple[str, ...]
    ink: str
    on_accent: str
    own: str

    def surfaces(self, accent: str) -> tuple[str, ...]:
        """All that text in the accent's colour stands on: the papers, and its own wash."""
        return (*self.papers, colours.mix(accent, self.papers[-1], WASH))

    def ratio(self, accent: str) -> float:
        """The least contrast that the accent has anywhere, as text or under text."""
        return min(
            colours.least_contrast(accent, self.surfaces(accent)),
            colours.contrast(accent, self.on_accent),
        )

    def is_readable(self, accent: str) -> bool:
        return self.ratio(accent) >= colours.ENOUGH

    def proposal(self, accent: str) -> str:
        """The nearest accent that can be read everywhere."""
        found = accent
        # Its wash moves with it: a few steps find a colour that holds on both.
        for _ in range(12):
            found = colours.nearest(found, (*self.surfaces(found), self.on_accent))
            if self.is_readable(found):
                return found
        return self.own

    def tokens(self, accent: str) -> dict[str, str]:
        return {
            "accent": accent,
            "accent-strong": colours.mix(accent, self.ink, STRONGER),
            "accent-ink": self.on_accent,
            "accent-wash": colours.mix(accent, self.papers[-1], WASH),
        }


LIGHT = Theme(LIGHT_PAPERS, "#1b1f1d", "#ffffff", OWN_LIGHT)
DARK = Theme(DARK_PAPERS, "#ffffff", "#0f1114", OWN_DARK)


def style_sheet(light: str, dark: str, selector: str = ":root") -> str:
    """The tokens of two accents; an empty one is the product's own. Only checked colours go in."""
    in_light, in_dark = LIGHT.tokens(light or OWN_LIGHT), DARK.tokens(dark or OWN_DARK)
    lines = [f"  --{name}: light-dark({in_light[name]}, {in_dark[name]});" for name in in_light]
    return "\n".join([f"{selector} {{", *lines, "}", ""])
