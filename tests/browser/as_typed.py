"""What people typed shows as text on a page, and stands in its fields sign for sign."""

from playwright.sync_api import Page

from tests.browser.furnished import HOSTILE
from triage.domain.upright import upright

VALUES = """[...document.querySelectorAll('input, textarea:not([name=yaml])')]
    .map((one) => one.value)"""
"""Of rules nothing is taken out: what nobody sees is told of by line and column."""
NOT_TEXT = """(() => {
    const found = [];
    if (window.ran) found.push('something that was typed has run');
    for (const one of document.querySelectorAll('[onerror], [hx-get], img[src=x]'))
        found.push('what was typed is an element: ' + one.outerHTML.slice(0, 80));
    for (const bad of ['>49<', '$49', ' 49 '])
        if (document.body.innerHTML.includes('load"' + bad)) found.push('a template was filled in');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; text = texts.nextNode();) {
        if (!text.data.includes('\\u202e') || text.parentElement.closest('textarea, script'))
            continue;
        let one = text.parentElement;
        while (getComputedStyle(one).display.startsWith('inline')
               && !/isolate|plaintext/.test(getComputedStyle(one).unicodeBidi))
            one = one.parentElement;
        const rest = document.createRange();
        rest.setStartAfter(text);
        rest.setEnd(one, one.childNodes.length);
        if (!/isolate|plaintext/.test(getComputedStyle(one).unicodeBidi) && rest.toString().trim())
            found.push('turns round what follows it: ' + one.outerHTML.slice(0, 160));
    }
    return found;
})()"""


def not_as_typed(tab: Page) -> list[str]:
    """What is wrong with the page that is open."""
    wrong: list[str] = tab.evaluate(NOT_TEXT)
    for value in tab.evaluate(VALUES):
        if value != upright(value):
            wrong.append(f"a field turns round what was typed: {value[:80]!a}")
        if _is_changed(value.replace(upright(HOSTILE.said("26-004711")[:60]), "")):
            wrong.append(f"a field holds other than what was typed: {value[:300]!a}")
    return wrong


def _is_changed(value: str) -> bool:
    """Marks that turn it round are gone, and so is what a short line has no room for."""
    kept = upright(HOSTILE.text)
    at = value.find(kept[:12])
    return at >= 0 and not kept.startswith(value[at : at + len(kept)].partition("...")[0])
