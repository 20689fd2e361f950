"""The folder of published files: whole files only, durable, untouched when nothing changed.

A file is written beside its place, synced and renamed over it, then the folder is synced: a reader
sees the old file or the new one, also after a power cut. A modification time never goes back or
stands still when bytes change, since web servers derive the ETag from it.

`putting` puts one batch of files in place, `folder` is the outlet, `scribe` puts many batches in
place while the next are rendered, `rehearsal` only compares.

Nothing is imported here: the scribe's process takes along what it needs, and no more.
"""
