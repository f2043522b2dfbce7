"""A real browser in which somebody is logged in: what it complains of, and what axe and a small window find wrong.

`axe.min.js` is axe-core 4.12.1 (MPL-2.0) as it was published in axe-playwright-python 0.1.8; tests alone use it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = Path(__file__).with_name("axe.min.js")
AXE_RUN = """async () => (await axe.run({resultTypes: ['violations'], selectors: false, runOnly: ['wcag2a', 'wcag2aa',
  'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations.map(
    v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))"""
VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective));"
# Dates and moments in the cells of a table that stand on more than one line.
BROKEN_MOMENTS = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, lines = document.createRange();
    lines.selectNodeContents(text);
    if (text.parentElement.closest("td[data-label]") && /^\\d{4}-\\d\\d-\\d\\d( [\\d:]+)?$/.test(text.data.trim())
        && new Set([...lines.getClientRects()].map(one => one.top)).size > 1) {
      found.push(`${text.data.trim()} is broken at 320`);
    }
  }
  return found;
}"""


class Window:
    """A page of somebody's, and everything that it complained of."""

    def __init__(self, chromium: Any, address: str, token: str | None, *, runs: bool = True) -> None:
        """`runs`: whether the scripts of its pages run."""
        self.said: list[str] = []
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900}, locale="zh-CN", java_script_enabled=runs)
        sent = context.request.post(  # What the form of the page would send, which `test_page.py` fills in.
            f"{address}/login", form={"token": token}, headers={"Origin": address}, max_redirects=0)
        assert sent.status == 303, sent.text()
        self.page = context.new_page()
        self.page.add_init_script(VIOLATIONS)
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.address = address

    def faults(self, path: str) -> list[str]:
        """Open a screen; what axe finds, and whether a small window breaks it: past its edge, or a date."""
        self.page.goto(self.address + path)
        return self.faults_here()

    def faults_here(self) -> list[str]:
        """The same of what is open."""
        if not self.page.evaluate("'axe' in window"):  # Half a megabyte, which most pages can do without.
            self.page.evaluate(AXE.read_text("utf-8"))
        found: list[str] = self.page.evaluate(AXE_RUN)
        self.page.set_viewport_size({"width": 320, "height": 800})
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > 320:
            found.append(f"{wide} wide at 320")
        found += self.page.evaluate(BROKEN_MOMENTS)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        return found
