"""What axe finds wrong on an open page."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

SCRIPT = AXE_FILE_PATH.read_text(encoding="utf-8")
# A colour that an element inherits fades anew there once its parent is done: hence the rounds.
SETTLE = """async () => {
  for (let round = 0; round < 10; round += 1) {
    const fading = document.getAnimations().filter((one) =>
      one.effect.getComputedTiming().endTime !== Infinity);
    if (!fading.length && round > 1) return;
    fading.forEach((one) => one.finish());
    await new Promise(requestAnimationFrame);
  }
}"""
# All rules run: WCAG 2.2 AA and axe's own good practice. What lies in frames has a test of its own;
# style sheets need not be loaded again, no rule reads them.
RUN = """async () => {
  const options = {resultTypes: ["violations"], iframes: false, preload: false, selectors: false};
  const found = await axe.run(document, options);
  return found.violations.flatMap((violation) => violation.nodes.map((node) =>
    `${violation.id}: ${node.html.slice(0, 240)} ` +
    (node.any.concat(node.all, node.none)[0]?.message ?? "")));
}"""


def show(page: Page, theme: Literal["light", "dark"]) -> None:
    """Show the page in a theme; what fades from one colour to the other is there at once."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(SETTLE)


def violations(page: Page) -> list[str]:
    """One line for every element that breaks a rule."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SCRIPT)
    found: list[str] = page.evaluate(RUN)
    return found
