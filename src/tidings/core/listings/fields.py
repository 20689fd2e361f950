"""The fields of an entry in a table or in JSON, and the names that they go by in exports.

It stands alone so that the names, which grow, are apart from how tables are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from tidings.core.listings.text import plain

FIELDS: Final = ("title", "date", "summary", "url", "category", "image", "image_alt")

# Compared as `words_of` gives them; of several in a record the first here is taken. The names are
# those of schema.org, JSON Feed 1.1, RSS and Atom, Dublin Core, the exports of WordPress, Drupal,
# Ghost and TYPO3, NewsAPI, and of spreadsheets in several languages. Days of a change ("modified",
# "updated") are left out: they are not the day of an entry.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "title": (
        "title", "headline", "titulo", "titular", "titre", "titel", "titolo", "tytul", "name",
        "baslik", "overskrift", "rubrik", "otsikko", "uberschrift", "ueberschrift", "schlagzeile",
        "heading", "subject", "encabezado", "asunto", "manchete", "kop", "nadpis", "naslov",
        "titlu", "cim", "titol", "judul", "tieu de", "заголовок", "название", "наслов", "назва",
        "τιτλος", "العنوان", "عنوان", "כותרת", "शीर्षक", "标题", "標題", "題名", "件名", "タイトル",
        "見出し", "제목",
    ),
    "date": (
        "published", "date", "date published", "pubdate", "pub date", "publication date",
        "published at", "published on", "published date", "published time", "date of publication",
        "publish date", "publishdate", "date publish", "release date", "date released", "issued",
        "date issued", "posted", "posted on", "date posted", "iso date", "isodate", "seendate",
        "publish time", "publish up", "authored on", "datetime", "date time", "timestamp",
        "created", "created at", "created on", "date created", "created time", "date gmt",
        "fecha", "fecha de publicacion", "fecha publicacion", "publicado", "publicado el",
        "data", "data de publicacao", "data publicacao", "data di pubblicazione",
        "data pubblicazione", "date de publication", "date publication", "publie le", "datum",
        "veroffentlicht", "veroffentlicht am", "veroffentlichungsdatum", "erscheinungsdatum",
        "publicatiedatum", "data publikacji", "dato", "publiceringsdatum", "tarih",
        "yayin tarihi", "paivamaara", "дата", "дата публикации", "датум", "ημερομηνια", "התאריך",
        "תאריך", "التاريخ", "تاريخ", "تاريخ النشر", "दिनांक", "तारीख", "日付", "公開日", "掲載日",
        "日期", "发布日期", "發布日期", "날짜", "발행일", "day",
    ),
    "summary": (
        "summary", "description", "abstract", "excerpt", "teaser", "text", "body", "content",
        "content text", "content html", "content encoded", "content snippet", "article body",
        "custom excerpt", "plaintext", "html", "lead", "intro", "introduction", "standfirst",
        "deck", "blurb", "details", "bodytext", "short description", "meta description",
        "resumen", "descripcion", "texto", "contenido", "entradilla", "bajada", "extracto",
        "resume", "chapo", "chapeau", "texte", "contenu", "extrait", "resumo", "descricao",
        "conteudo", "zusammenfassung", "beschreibung", "kurztext", "inhalt", "vorspann",
        "riassunto", "descrizione", "sommario", "testo", "contenuto", "samenvatting",
        "omschrijving", "inhoud", "tekst", "streszczenie", "opis", "tresc", "ozet", "aciklama",
        "icerik", "metin", "sammanfattning", "ingress", "tiivistelma", "beskrivelse",
        "краткое содержание", "описание", "текст", "анонс", "περιληψη", "الملخص", "ملخص", "الوصف",
        "النص", "תקציר", "सारांश", "विवरण", "概要", "要約", "本文", "摘要", "简介", "內容", "内容",
        "요약", "내용",
    ),
    "url": (
        "url", "link", "href", "permalink", "external url", "web url", "source url", "canonical",
        "canonical url", "uri", "enlace", "enlaces", "vinculo", "lien", "hyperlink",
        "internetadresse", "webadresse", "collegamento", "ligacao", "odkaz", "lenke",
        "lank", "baglanti", "ссылка", "σύνδεσμος", "συνδεσμος", "الرابط", "رابط", "קישור",
        "लिंक", "リンク", "链接", "鏈接", "連結", "링크",
    ),
    "category": (
        "category", "categories", "section", "article section", "topic", "type", "content type",
        "primary tag", "categoria", "categorias", "seccion", "tema", "secao", "editoria",
        "categorie", "rubrique", "kategorie", "ressort", "thema", "rubriek", "sezione",
        "kategoria", "kategori", "рубрика", "категория", "раздел", "κατηγορια", "القسم", "التصنيف",
        "الفئة", "קטגוריה", "श्रेणी", "カテゴリ", "カテゴリー", "分类", "分類", "类别",
        "카테고리", "분류",
    ),
    "image": (
        "image", "picture", "photo", "thumbnail", "featured image", "image url", "thumbnail url",
        "url to image", "urltoimage", "banner image", "feature image", "main image", "imagen",
        "foto", "fotografia", "imagen destacada", "photographie",
        "image mise en avant",
        "bild", "foto url", "immagine", "imagem", "afbeelding", "zdjecie", "obraz", "изображение",
        "картинка", "фото", "εικονα", "صورة", "الصورة", "תמונה", "चित्र", "画像", "写真", "图片",
        "圖片", "사진", "이미지",
    ),
    "image_alt": (
        "image alt", "alt", "alt text", "image alt text", "picture alt", "photo alt",
        "image description", "texto alternativo", "alt imagen", "descripcion de la imagen",
        "texte alternatif", "bildbeschreibung", "alternativtext", "testo alternativo",
    ),
})  # fmt: skip

# What exports put in front of a name: of the kind of thing, or of the vocabulary that it is from.
_BEFORE_NAMES = "post field node article item entry news dc dcterms dct schema og attributes wp the"
_FRONTS: Final = frozenset(_BEFORE_NAMES.split())
_HUMP = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NO_WORD = re.compile(r"[\W_]+")
# Within a value that is an object, the part that is shown.
_PARTS: Final = (
    "summary", "rendered", "processed", "value", "#text", "_text", "$t", "@value", "$date", "text",
    "name", "href", "alias", "_", "raw",
)  # fmt: skip


def words_of(column: str) -> str:
    """The words of a column's name, as they are compared: `datePublished`, `date_published` and
    "Date published (UTC)" are the same."""
    if column.startswith("@"):
        return column  # a keyword of JSON-LD
    words = _NO_WORD.sub(" ", plain(_HUMP.sub(" ", _BRACKETED.sub(" ", column)))).split()
    while len(words) > 1 and words[0] in _FRONTS:
        words = words[1:]
    return " ".join(words)


_BY_WORDS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        words_of(name): (field, rank)
        for field in reversed(FIELDS)
        for rank, name in reversed(tuple(enumerate(_NAMES[field])))
    }
)


def field_of(column: str) -> str | None:
    """The field that a column's name stands for, None if for none that is known."""
    known = _BY_WORDS.get(words_of(column))
    return known[0] if known else None


def columns_of(columns: Iterable[str], given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By field the columns that it may be read from, the best first: the one that is `given`, else
    those with a name of it."""
    exact = tuple(dict.fromkeys(columns))
    by_words = {words_of(column): column for column in reversed(exact)}
    chosen = {
        field: column if column in exact else by_words.get(words_of(column))
        for field, column in given.items()
    }
    found: dict[str, tuple[str, ...]] = {}
    for field in FIELDS:
        if column := chosen.get(field):
            found[field] = (column,)
        elif field not in chosen:
            # What is given for one field is not another's by its name.
            known = [(_BY_WORDS.get(words_of(c)), c) for c in exact if c not in chosen.values()]
            ranked = sorted(
                (known[1], column) for known, column in known if known and known[0] == field
            )
            found[field] = tuple(column for _, column in ranked)
    return {field: named for field, named in found.items() if named}


def is_of_greenwich(column: str) -> bool:
    """True for a column whose name says that its times are those of UTC."""
    return not {"gmt", "utc"}.isdisjoint(_NO_WORD.sub(" ", plain(column)).split())


def shown_value(value: object) -> str | int | float | None:
    """What is read of a value in JSON: of a list its first, of an object the part that is shown."""
    for _ in range(4):
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, Mapping):
            value = next((value[part] for part in _PARTS if value.get(part)), None)
    if isinstance(value, bool):
        return None
    return value if isinstance(value, str | int | float) else None
