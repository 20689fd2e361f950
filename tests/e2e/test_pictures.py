"""The picture of the README is made of what the sample really reads and mails."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tools import pictures


def test_the_picture_shows_the_listing_and_the_mail_that_came_of_it(instance: Path) -> None:
    page = pictures.listing_to_mail(instance)
    listing, mail = re.findall(r'<pre>(.*?)</pre>|srcdoc="(.*?)"', page, re.DOTALL)
    assert html.unescape(listing[0]).startswith("16 February, 2022\n\nTamaulipas adopts course")
    assert "Tamaulipas adopts course of action" in html.unescape(mail[1])
    assert "Labour migration weekly" in html.unescape(mail[1])
