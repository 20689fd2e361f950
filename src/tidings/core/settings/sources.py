"""The models of `sources` in tidings.yaml: which files are listings, and how they are read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidings.core.settings.bucket_address import SourcePath, without_options
from tidings.core.settings.values import Day, Language, Line, Model, WebAddress
from tidings.model import Example

Layout = Literal[
    "dated-before",
    "dated-after",
    "dated-last",
    "date-and-title",
    "title-and-date",
    "title-and-dated-text",
    "mixed",
    "undated",
    "undated-even",
]


class ExampleModel(Model):
    """The first entry of a listing as it should be read, as printed by tidings parse FILE --first
    TITLE. It decides how the files are read in which its title stands."""

    title: Line
    """The title of the first entry."""

    published: Day | None = Field(default=None, examples=["2026-03-31"])
    """Its day. With last or entries, none says that it has no date."""

    last: Line | None = None
    """The title of the last entry."""

    entries: int | None = Field(default=None, ge=1)
    """How many entries there are."""

    def to_example(self) -> Example:
        """The example as readers of listings know it."""
        return Example(self.title, self.published, self.last, self.entries)


class ColumnsModel(Model):
    """Which columns of a table, or keys of JSON, the fields are read from, where their names do not
    tell."""

    title: Line | None = Field(default=None, examples=["Headline"])
    """The column of the titles."""

    date: Line | None = Field(default=None, examples=["publishedAt"])
    """The column of the days."""

    summary: Line | None = Field(default=None, examples=["body"])
    """The column of the texts."""

    url: Line | None = Field(default=None, examples=["permalink"])
    """The column of the addresses."""

    category: Line | None = Field(default=None, examples=["section"])
    """The column of the categories."""

    image: Line | None = Field(default=None, examples=["thumbnail"])
    """The column of the pictures: addresses of the web, or files beside the listing."""

    image_alt: Line | None = Field(default=None, examples=["alt"])
    """The column of what the pictures show, in words."""

    def to_columns(self) -> dict[str, str]:
        """By field the column that is given for it."""
        given = self.model_dump(exclude_none=True)
        return {field: str(column) for field, column in given.items()}


class Source(Model):
    """Listings to watch, and how they are read."""

    path: SourcePath = Field(examples=["seeds/*.txt", "seeds/**/*.txt", "s3://news-inbox/in/*.txt"])
    """A pattern of files, relative to the instance, or in a bucket. * stays within a folder, **
    spans folders."""

    name: Line | None = Field(default=None, examples=["Press office"])
    """Whom readers are told that items of it come from. They are never told of files."""

    url: WebAddress | None = Field(default=None, examples=["https://www.example.org/news/"])
    """Where its listings were saved from. Links in saved pages that leave out the address of their
    site lead to it; nothing is ever fetched from there."""

    language: Language | None = None
    """Of the listings. All but English put the day first in numeric dates, and each has plurals of
    its own. Inferred unless given."""

    languages: tuple[Language, ...] = ()
    """Those whose names of months and days are looked for first; the usual twelve unless given."""

    date_order: Literal["DMY", "MDY"] | None = None
    """Day or month first, where neither the files nor their language settle numeric dates."""

    example: ExampleModel | None = None
    layout: Layout | None = None
    """The only layout that is read, whatever the confidence. Inferred unless given: see tidings
    parse."""

    threshold: float = Field(default=0.6, ge=0, le=1)
    """From 0 to 1: a file publishes nothing if it is less sure than this that all of it is read
    right."""

    columns: ColumnsModel = Field(default_factory=ColumnsModel)
    """Which columns of tables and JSON the fields are read from. By their names unless given."""

    encoding: Literal["cp1252", "latin-1"] | None = None
    """What files that are not UTF-8 are read in."""

    category: Line | None = None
    """For every entry of the source that names none of its own."""

    removed: Literal["keep", "retract"] = "keep"
    """What becomes of an entry that is gone from its file: it stays published or is retracted."""

    newest: Literal["corrects"] | None = None
    """Set it for files that bring the same entries again under another name, such as weekly dumps:
    an equal title and date is the same item, and what the last file by name says corrects it."""

    @property
    def pattern(self) -> str:
        """`path` as the paths of its files match it: without how a bucket is reached."""
        return without_options(self.path)
