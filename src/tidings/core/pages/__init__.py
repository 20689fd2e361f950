"""What the pages of the site show: frozen values for templates, and pure functions that build them.

Paths are relative to the folder of published files; a page's `root` leads from the page back to
that folder, so that links work from a disk, a server's root or below any prefix. Nothing here is
HTML: markup and most words are the templates'.
"""
