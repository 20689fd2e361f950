"""Inlining style sheets."""

from __future__ import annotations

from tidings.core.mail.message import inline

PAGE = """<!doctype html><html lang="en"><head><style>
.a { color: #123456; }
@media (prefers-color-scheme: dark) { .a { color: #FEDCBA !important; } }
</style></head><body><p class="a">Text &lt;b&gt; SLOT_address_00</p></body></html>"""


def test_rules_move_into_the_elements() -> None:
    assert '<p class="a" style="color: #123456;">' in inline(PAGE)


def test_the_dark_scheme_stays_with_the_classes_that_it_needs() -> None:
    page = inline(PAGE)
    assert "@media (prefers-color-scheme: dark)" in page
    assert "#FEDCBA !important" in page


def test_the_document_type_and_the_text_stay_as_they_are() -> None:
    page = inline(PAGE)
    assert page.lower().startswith("<!doctype html>")
    assert "Text &lt;b&gt; SLOT_address_00" in page


def test_a_style_sheet_elsewhere_is_not_fetched() -> None:
    # Nothing listens on port 1: an attempt would raise.
    link = '<link rel="stylesheet" href="http://127.0.0.1:1/site.css">'
    assert "Text" in inline(PAGE.replace("<style>", link + "<style>"))


def test_each_media_query_has_a_style_of_its_own_after_what_names_the_letters() -> None:
    narrow = "@media (max-width: 480px) { .a { margin: 0 !important; } .b { top: 0 } }"
    page = inline(PAGE.replace("<head>", "<head><meta charset=utf-8>").replace("@", f"{narrow}\n@"))
    head = page[page.index("<head>") : page.index("</head>")]
    first, narrowed, dark = head.split("<style>")
    assert first.startswith('<head><meta charset="utf-8">')
    assert narrowed == f"{narrow}</style>\n"
    assert dark.startswith("@media (prefers-color-scheme: dark)")


def test_a_page_without_media_queries_is_left_as_it_is() -> None:
    page = inline(
        PAGE.replace("@media (prefers-color-scheme: dark) { .a", ".a").replace("; } }", "; }")
    )
    assert "<style>" not in page
