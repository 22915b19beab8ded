"""Hands that never leave the keyboard: a control is reached by Tab, pressed, typed into, chosen."""

import re

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 200
Where = Page | Locator
WHICH_WAY = """it => it === document.activeElement ? ""
    : document.activeElement.compareDocumentPosition(it) & 2 ? "Shift+Tab" : "Tab"
"""


def reach(target: Locator) -> None:
    """Press Tab, or Shift and Tab where it stands before, until it has the focus."""
    expect(target).to_be_attached()
    for _ in range(MOST_STOPS):
        if not (key := target.evaluate(WHICH_WAY)):
            return
        target.page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not reach {target}")


def press(where: Where, name: str, role: str = "button") -> None:
    """The button, or link, of this name, or else the first whose name begins so."""
    exact = where.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    begins = where.get_by_role(role, name=re.compile(f"^{re.escape(name)}"))  # type: ignore[arg-type]
    target = (exact if exact.count() else begins).first
    reach(target)
    target.page.keyboard.press("Enter")


def unfold(where: Where, summary: str) -> None:
    target = where.locator("summary", has_text=summary).first
    reach(target)
    if not target.evaluate("it => it.parentElement.open"):
        target.page.keyboard.press("Enter")


def write(where: Where, label: str, text: str) -> None:
    """Type into a field, or, in a list, the first letters of what is chosen."""
    exact = where.get_by_label(label, exact=True)
    target = (exact if exact.count() else where.get_by_label(label)).first
    reach(target)
    target.page.keyboard.type(text)


def tick(where: Where, name: str) -> None:
    """One of several: Tab comes to the group, arrows choose."""
    wanted = where.get_by_role("radio", name=re.compile(f"^{re.escape(name)}")).first
    group = where.locator(f"[name='{wanted.get_attribute('name')}']")
    chosen = group.and_(where.locator(":checked"))
    reach(chosen.first if chosen.count() else group.first)
    wanted.page.keyboard.press("Space")
    for _ in range(group.count()):
        if wanted.is_checked():
            return
        wanted.page.keyboard.press("ArrowDown")
    raise AssertionError(f"arrows do not come to {name}")
