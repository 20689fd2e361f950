"""axe-core, run in a page: what would keep somebody from reading or using it.

The script comes with a package that drives another browser; nothing of that is imported.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from tests.chromium import Tab

_package = find_spec("axe_playwright_python")
AXE = Path(str(_package.origin)).with_name("axe.min.js") if _package else None

# All rules that are on by default, good practice among them, and the size of what is tapped on.
# Mail inside the preview's frame is looked at by itself.
OPTIONS = {
    "iframes": False,
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
_TELL = """axe.run(document, %s).then(found => found.violations.map(each =>
  each.id + ": " + each.nodes.map(n => n.html.slice(0, 200) + " | " + n.failureSummary).join("; ")
))"""


def violations(tab: Tab) -> list[str]:
    """What axe has to say against the page that is open, each rule with the places it fails in."""
    assert AXE
    if not tab.run("typeof axe != 'undefined'"):
        tab.run(AXE.read_text(encoding="utf-8") + "; null")
    found: list[str] = tab.run(_TELL % json.dumps(OPTIONS))
    return found
