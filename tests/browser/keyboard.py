"""Using a page without a mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

MOST_STEPS = 120
IS_FOCUSED = "element => element === document.activeElement"


def step_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press a key until the target has the focus, as somebody without a mouse does."""
    for _ in range(MOST_STEPS):
        if target.evaluate(IS_FOCUSED):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {target}.")


def press(page: Page, keys: str) -> None:
    """Press plain keys one after the other."""
    for key in keys.split():
        page.keyboard.press(key)
