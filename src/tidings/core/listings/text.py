"""What can be told of a piece of text by itself: its signs, its sentences, and boilerplate.

Text is cleaned here and nowhere else: what leaves is fit for XML, mail and terminals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from html import unescape
from typing import Final
from unicodedata import combining, east_asian_width

from tidings.core.invisible import visible

# White space by nature, though XML 1.0 forbids them: VT, FF, the four separators, NEL.
_SPACING_CONTROLS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")

# What XML 1.0 (production 2, Char) forbids, the C1 controls and DEL, lone surrogates, and the
# embeddings, overrides and isolates that can turn a line of text around (Unicode TR 9).
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

# Signs that belong to the letter before them, for use in a class of signs: the vowels of Hebrew,
# Arabic, the scripts of India, Thai and its neighbours, and accents written apart.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u09d7\u0a01-\u0a4d"
    "\u0a70\u0a71\u0a81-\u0acd\u0b01-\u0b57\u0b82-\u0bcd\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d57"
    "\u0d81-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84"
    "\u102b-\u103e\u17b6-\u17d3"
)

# Seen by nobody: a line of these alone is blank, and they do not keep a date from being one.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def without_controls(text: str) -> tuple[str, int]:
    """The text without the characters that no reader should get or nobody sees, and how many of
    the former were dropped.

    Controls that stand for white space become spaces, so that they never join two words.
    """
    clean, dropped = _UNWANTED.subn("", _SPACING_CONTROLS.sub(" ", text))
    return visible(clean), dropped


def split_lines(text: str) -> list[str]:
    r"""The lines of `text`, cut at \n, \r\n and \r only.

    `str.splitlines` also cuts at VT, FF, NEL and U+2028, which stand inside titles and sentences.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def collapse(text: str) -> str:
    """`text` with every run of white space, no-break spaces too, as one space; none at the ends."""
    return " ".join(text.split())


def is_blank(text: str) -> bool:
    """True when nothing of the (collapsed) line can be seen."""
    return not text.strip(INVISIBLE + " ")


def plain(word: str) -> str:
    """`word` without case, accents and full stops: how a name is compared.

    The Turkish dotless i and the Polish l with stroke count as their plain letters.
    """
    folded = word.casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded.replace("ı", "i").replace("ł", "l"))
        folded = "".join(part for part in parts if not unicodedata.combining(part))
    return folded.replace(".", "")


# --- Sentences and scripts ------------------------------------------------------------------------

LONGEST_TITLE: Final = 500  # characters; headings of over 400 are met, if seldom
_SHORT: Final = 60
_ENDS_A_SENTENCE: Final = tuple(".!?…。！？؟।")
# Chinese and Japanese, wide forms, Thai and Lao, Burmese, Khmer.
_UNSPACED = re.compile("[\u2e80-\ua4cf\uff00-\uff60\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_FIRST_MARK: Final = "\u0300"  # below it each sign has one column
_CLOSERS: Final = "\"'”’»)]）」 "
_SENTENCE_BREAK = re.compile(r"[a-zà-ÿ0-9)”\"][.!?]\s+[^\W\d_a-z]")


def is_prose(text: str) -> bool:
    """True for running text: one long line, or a sentence of some length with its full stop."""
    return len(text) > 200 or (len(text) >= _SHORT and ends_a_sentence(text))


def has_sentences(text: str) -> bool:
    """True for a text of several sentences."""
    return len(text) > _SHORT and _SENTENCE_BREAK.search(text) is not None


def ends_a_sentence(text: str) -> bool:
    """True when the last sign, closing quotes and brackets aside, ends a sentence."""
    return text.rstrip(_CLOSERS).endswith(_ENDS_A_SENTENCE)


def is_unspaced(sign: str) -> bool:
    """True for a sign of a script without spaces: kana, Chinese signs, Thai and its neighbours."""
    return _UNSPACED.match(sign) is not None


def unspaced(text: str) -> int:
    """How many signs of such scripts are in a text."""
    return 0 if text.isascii() else len(_UNSPACED.findall(text))


def mostly_unspaced(text: str) -> bool:
    """True for most of a text in a script that puts no blanks between words: Chinese, Japanese,
    Thai and its neighbours."""
    return unspaced(text) > len(text) / 2


def columns(text: str) -> int:
    """How wide a text is on a page of fixed width: two columns for a sign of the Far East, none for
    a mark above or below another sign (Unicode Standard Annex 11)."""
    if text.isascii() or max(text) < _FIRST_MARK:
        return len(text)
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


# --- Whether anything is left once markup is taken off --------------------------------------------

WORDLESS: Final = "this title has no letter or digit, markup aside"
WORDLESS_HINT: Final = "write a title here"
# Also tags, and links or pictures (their text is caught), that were cut off at their end.
_TAG = re.compile(r"<!--.*?(?:-->|$)|</?[a-z][^<>]*(?:>|$)", re.IGNORECASE)
_LINK_OR_PICTURE = re.compile(
    r"!?\[([^\[\]]*)\](?:\((?:[^()]|\([^()]*\))*+(?:\)|$)|\s?\[[^\[\]]*\])"
)
_ATTRIBUTES = re.compile(r"\{[.#:][^{}]*\}")
_ANY = re.compile(r"[<\[{&]")
_NUMBER = re.compile(r"\s*\(?\d{1,3}[.)]\s*")
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"  # letters by their kind that nobody can see


def has_words(text: str) -> bool:
    """True when `text` says something: a letter or digit stands outside of its markup.

    Nothing is left of pictures and links without a text, tags, entities for white space, list
    marks and numbers, rules, and characters that cannot be seen.
    """
    bare, before = text, ""
    if _ANY.search(text):
        bare = unescape(text)
        while bare != before:
            before = bare
            bare = _ATTRIBUTES.sub(" ", _LINK_OR_PICTURE.sub(r" \1 ", _TAG.sub(" ", bare)))
    if _NUMBER.fullmatch(bare):
        return False
    return any(sign.isalnum() and sign not in _FILLERS for sign in bare)


# --- Boilerplate: what stands on a page around the entries ----------------------------------------

# Told from a title by the words alone, also where something follows ("Read more about the hub").
_PLAINLY_MORE = (
    r"(?:read|view) (?:more|on|online|the (?:full|rest|whole)|full|the (?:article|story|post"
    r"|release)|pdf)"
    r"|view in (?:your )?browser|lire en ligne|leer en l[ií]nea|ler online|online lesen"
    r"|leggi online"
    r"|lihat (?:detail|selengkapnya|semua)"
    r"|continue reading|keep reading|full (?:story|article|text)|learn more|find out more"
    r"|(?:view|see|show) (?:more|details|full|article|post|release)"
    r"|leer (?:m[aá]s|nota|noticia|completo|art[ií]culo)|seguir leyendo|continuar leyendo"
    r"|continu[ae] leyendo|ver (?:m[aá]s|nota|noticia|detalles?)|m[aá]s informaci[oó]n"
    r"|saber m[aá]s|leia (?:mais|na [ií]ntegra|a [ií]ntegra)|ler mais|saiba mais|ve(?:r|ja) mais"
    r"|continu(?:e|ar) (?:lendo|a ler)|lire (?:la suite|plus|l['’]article)|en savoir plus|voir plus"
    r"|plus d['’]infos?|mehr (?:lesen|erfahren|dazu|infos?|informationen)|weiterlesen|weiter lesen"
    r"|lesen sie mehr|zum (?:artikel|beitrag)|leggi (?:tutto|di pi[uù]|l['’]articolo|ancora)"
    r"|continua a leggere|continua la lettura|scopri di pi[uù]|lees (?:meer|verder)|meer lezen"
    r"|verder lezen|czytaj (?:wi[eę]cej|dalej|ca[lł]o[sś][cć])|zobacz wi[eę]cej|dowiedz si[eę]"
    r"|читать (?:далее|дальше|полностью|подробнее|вс[её])|подробнее|узнать больше"
    r"|l[aæ]es (?:mere|videre|hele)|les (?:mer|videre|hele)|läs (?:mer|vidare|hela)|fortsätt läsa"
    r"|lue (?:lisää|koko|juttu)|jatka lukemista|devam[ıi]n[ıi]? oku\w*|devam[ıi]|daha fazla"
    r"|tümünü oku"
    r"|číst (?:více|dál\w*|celý)|více informací|celý článek|pokračovat ve čtení|čítať (?:ďalej"
    r"|viac)"
    r"|viac informácií|celý článok|preberi(?:te)? (?:več|celot\w+)|pročitaj(?:te)? (?:više|cijeli)"
    r"|saznaj(?:te)? više|opširnije|više informacija|cit(?:ește|iți|ești) (?:mai (?:mult|departe)"
    r"|continuarea)"
    r"|vezi (?:detalii|mai mult)|află mai mult|tovább(?: olvasom| a cikkhez)?|bővebben|teljes cikk"
    r"|loe (?:edasi|lähemalt|rohkem)|skaityti (?:daugiau|toliau|plačiau)|plačiau|lasīt (?:vairāk"
    r"|tālāk)"
    r"|uzzināt vairāk|baca (?:selengkapnya|lebih lanjut|juga)|selengkapnya|llegi[rx] (?:més|m[eé]s)"
    r"|continua llegint|més informació|ler máis|máis información|irakurri gehiago|soma zaidi"
    r"|xem (?:thêm|chi tiết|tiếp)|đọc (?:tiếp|thêm)|διαβάστε (?:περισσότερα|τη συνέχεια)"
    r"|περισσότερα"
    r"|читати (?:далі|більше|повністю)|докладніше|детальніше|прочетете? (?:още|повече)"
    r"|виж(?:те)? (?:още|повече)"
    r"|прочитај(?:те)? више|опширније|чытаць далей|اقرأ (?:المزيد|أكثر)|قراءة المزيد|تابع القراءة"
    r"|المزيد"
    r"|ادامه (?:مطلب|خبر)|بیشتر بخوانید|مزید پڑھیں|קראו? עוד|המשך קריאה|לקריאה נוספת"
    r"|(?:और|आगे|अधिक|पूरा) पढ़ें|और जानें|আরও পড়ুন|বিস্তারিত(?: পড়ুন)?|மேலும் படிக்க|ఇంకా చదవండి"
    r"|อ่าน(?:ต่อ|เพิ่มเติม|ทั้งหมด)|ดู(?:เพิ่มเติม|รายละเอียด)|続き(?:を読む|はこちら)|もっと(?:見る|読む)"
    r"|詳し(?:く(?:見る|は(?:こちら|コチラ)?)|い情報)|詳細(?:を?見る|は(?:こちら|コチラ)|へ)|記事を読む|全文を(?:読む|見る)"
    r"|(?:阅读|閱讀|查看|了解|浏览)(?:更多|全文|详情|詳情|原文)|更多|详情|詳情|[继繼][续續][阅閱][读讀]"
    r"|더 ?보기|자세히 ?보기|더 ?읽기|계속 ?읽기|전체 ?보기|기사 ?보기"
)
# Told from a title only when nothing else is on the line.
_PERHAPS_MORE = (
    r"more|more (?:info\w*|details)|details|download(?: (?:pdf|here))?|pdf|read|view|open"
    r"|watch(?: video)?|click here|leer|ver|m[aá]s|ler|mais|descargar|suite|lire"
    r"|mehr|weiter|leggi|continua"
    r"|approfondisci|meer|czytaj|wi[eę]cej|далее|читать|mere|oku|詳細|full (?:text|story)|link"
    r"|mer|více|viac|več|više|mai mult|részletek|detalii|továb\w*|rohkem|daugiau|vairāk|lisää"
    r"|més|máis|gehiago|zaidi|συνέχεια|далі|още|повече|више|عرض|بیشتر|עוד|आगे|और|বিস্তারিত|もっと|続き"
)
_ARROWS: Final = " \t»›→>…[](){}.|:+-–—*_«‹<←▶►•·…"
_NO_LETTER = rf"(?![^\W\d_]|[{MARKS}])"
_MORE_NAMING = re.compile(rf"(?:{_PLAINLY_MORE})[^:.!?]{{0,12}}:\s", re.IGNORECASE)
_MORE_ALONE = re.compile(rf"(?:{_PLAINLY_MORE}){_NO_LETTER}.*|(?:{_PERHAPS_MORE})", re.IGNORECASE)
_MORE_AT_END = re.compile(
    r"(?P<before>[.!?…。！？।؟\])”\"»:;,]\s*|\s)[\[(|→»›–—-]*\s*"
    rf"(?P<phrase>(?:{_PLAINLY_MORE}){_NO_LETTER}(?: here| about [^.!?]{{1,40}})?)"
    rf"(?:\s*[\])»›→>.…|]+)*\s*$",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_LINK_AT_END = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<url>[^)\s]+)\)\W*$")
_LONGEST_MORE: Final = 160
_LONGEST_LINK: Final = 600
_LONGEST_PLAIN_MORE: Final = 60

_PAGING = (
    "page pages of next previous prev older newer posts entries first last siguiente siguientes "
    "anterior anteriores pagina paginas de primera primero ultima ultimo seite seiten von vor "
    "zuruck weiter nachste vorherige suivant suivante precedent precedente sur premier dernier "
    "proximo proxima successivo successiva prima ultima di volgende vorige van strona nastepna "
    "poprzednia z следующая предыдущая страница из side naeste forrige af sayfa sonraki onceki "
    "load show more back to top go"
)
_PAGER_WORDS: Final = frozenset(_PAGING.split())
# These alone are as likely a rubric.
_NOT_ALONE = "pages posts entries of more to go top show first last premier dernier prima ultima"
_NOT_PAGERS_ALONE: Final = frozenset(_NOT_ALONE.split())
_COUNTER = re.compile(
    r"(?:\d[\d.,]*|no|leave a|add a|sin|keine|aucun|0)\s"
    r"(?:comments?|comentarios?|coment[aá]rios?|kommentare?|commentaires?|commenti|commento"
    r"|reacties?|komentarz\w*|комментари\w*|views?|vistas?|likes?|shares?|reads?|aufrufe)"
    r"|opens in (?:a )?new (?:window|tab)|öffnet in (?:einem )?neue[mn] (?:fenster|tab)"
    r"|(?:se )?abre (?:en|em|numa) (?:una |uma )?(?:nueva |nova )?(?:ventana|pestaña|janela"
    r"|aba)\w*(?: nueva)?"
    r"|nouvelle fenêtre|s['’]ouvre dans une nouvelle fenêtre|si apre in una nuova (?:finestra"
    r"|scheda)"
    r"|opent in (?:een )?nieuw (?:venster|tabblad)"
    r"|\d+\s?min(?:ute[ns]?|\.)?(?: (?:read|de lectura|de leitura|lesezeit|de lecture|di lettura))?"
    r"|(?:comments?|views?|shares?|likes?|comentarios?|comentários?|commentaires?|kommentare?"
    r"|commenti"
    r"|reacties|komentar[ze]e?|комментари[ей]\w*|коментар\w*|просмотр\w*|yorum(?:lar)?|aufrufe"
    r"|vistas?"
    r"|visitas|vues|odsłon|zobrazení|kommenttia?|kommentarer|閲覧数?|コメント|浏览|閱讀|评论|阅读|조회수?|댓글)"
    r"\s?[:：]?\s?\(?\d[\d.,]*\)?|comments off.*"
    r"|(?:share|tweet|print|email|compartir|compartilhar|partager|teilen|drucken|condividi|delen"
    r"|udost[eę]pnij|поделиться|del|paylaş|facebook|twitter|whatsapp|linkedin|x)(?: this)?",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:labels?|tags?|tagged|keywords?|filed under|categor(?:y|ies)|posted in|topics?|etiquetas?"
    r"|palabras clave|categor[ií]as?|schlagw(?:o|ö)rter|schlagworte|kategorien?"
    r"|mots[- ]cl[eé]s|cat[eé]gories?|categorie|tagi|kategori[ea]|теги|метки|рубрика|etiketler"
    r"|emner|author|autor|autora|auteur"
    r"|autore|автор|photos?|fotos?|foto|photo credit|image|imagen|imagem|bild|credits?|cr[eé]ditos?"
    r"|fuente|source|quelle|fonte|presented by|written by|posted by)\s?:\s?\S.{0,120}"
    r"|©.{1,80}|\((?:photo|foto|image|bild)\b.{1,80}\)",
    re.IGNORECASE,
)
_NAME = r"[^\W\d_a-z][\w.'’-]*"
_BYLINE = re.compile(
    rf"(?i:by|por|von|par|di|da|door|autor|af|przez|автор|text by|written by|posted by"
    rf"|presented by|escrito por|redacci[oó]n)\s"
    rf"(?:(?:{_NAME}|de|del|van|von|der|la|y|and|und|et|e|&|,)[ ,]*){{1,7}}"
)
_BY_WITHIN = re.compile(
    r"(?:^|[|·•–—]\s?)(?:presented|written|posted|reported) by\b", re.IGNORECASE
)
_PATH = re.compile(
    r"(?:https?://\S+|(?:[\w./-]|%[0-9a-f]{2}){1,120}\.(?:jpe?g|png|gif|webp|svg|pdf|html?|php"
    r"|aspx?))"
    r"(?:\?\S*)?|\(?(?:(?:pdf|html?|xml|epub|docx?|xlsx?|odt|csv|mp3|txt)(?:[ ,|/·():–-]+|$))+"
    r"(?:\d[\d.,]*\s?[kmg]i?b)?\)?|(?:image|imagen|imagem|bild|foto|photo|picture|img)[ _:]?\d*",
    re.IGNORECASE,
)
_DATING = re.compile(
    r"(?:(?:first |last )?(?:published|posted|updated|released|issued|created|added|modified|date"
    r"|publication date|fecha|publicad[oa]|actualizad[oa]|fecha de publicaci[oó]n|publi[eé]e?"
    r"|mis(?:e)? [aà] jour|ver[oö]ffentlicht|erstellt|datum|stand|vom|pubblicato|data|inviato"
    r"|atualizad[oa]|postad[oa]|gepubliceerd|geplaatst|opublikowano|dodano|опубликовано|дата"
    r"|udgivet|offentliggjort|yay[ıi]n tarihi|tarih|公開日|更新日|掲載日|đăng ngày|ngày đăng"
    r"|release date"
    r"|new|neu)"
    r"(?:\s(?:on|el|em|le|am|il|op|den|dnia|la|date|at))?|on|el|em|le|am|il|op|den)",
    re.IGNORECASE,
)
_RULE_LENGTH: Final = 5


def is_more(text: str) -> bool:
    """True for a line that only leads to the full text ("Read more »", "[Leer más](…)")."""
    if len(text) > _LONGEST_MORE:
        return False
    link = _LINK.fullmatch(text.strip())
    bare = (link["text"] if link else text).strip(_ARROWS)
    if _MORE_NAMING.match(bare):
        return True  # "Read more: " and the title
    return len(bare) <= _LONGEST_PLAIN_MORE and _MORE_ALONE.fullmatch(bare) is not None


def without_more(text: str) -> tuple[str, str | None]:
    """`text` without a link to the full text at its end, and that link's address if it has one."""
    end = max(0, len(text) - _LONGEST_LINK)
    if (link := _LINK_AT_END.search(text, end)) and is_more(link["text"]):
        return text[: link.start()].rstrip(" [(|→»›–—-"), link["url"]
    tail = text[-_LONGEST_PLAIN_MORE:]
    match = _MORE_AT_END.search(tail)
    if match and (match["before"].strip() or not match["phrase"][:1].islower()):
        kept = text[: len(text) - len(tail) + match.start("phrase")].rstrip(" [(|→»›–—-")
        if len(kept) >= len(text) / 3:
            return kept, None
    return text, None


def is_pager(text: str) -> bool:
    """True for what leads to other pages of the list: "1 2 3 … Next", "« 2 von 8 »"."""
    if len(text) > 80:
        return False
    words = re.findall(r"[^\W_]+", text)
    if not words or not all(word.isdigit() or plain(word) in _PAGER_WORDS for word in words):
        return False
    if all(plain(word) in _NOT_PAGERS_ALONE for word in words):
        return False
    numbers = sum(word.isdigit() for word in words)
    return numbers < len(words) or numbers > 1 or any(mark in text for mark in "«»‹›<>←→")


def is_rule(text: str) -> bool:
    """True for a drawn line: one sign again and again."""
    signs = set(text) - {" "}
    return len(text) >= _RULE_LENGTH and len(signs) <= 2 and not any(s.isalnum() for s in signs)


def is_heading(text: str, months: Collection[str]) -> bool:
    """True for a year, or a month's name, alone on a line."""
    bare = text.strip(" #*_:-–—|()[]")
    if len(bare) == 4 and bare.isdigit():
        return 1900 <= int(bare) < 2100
    return len(bare) <= 14 and bare.isalpha() and plain(bare) in months and len(bare) > 2


def is_aside(text: str) -> bool:
    """True for a counter, a list of tags, a credit or the like on a line of its own."""
    bare = text.strip(_ARROWS)
    if len(bare) > 140 or not bare:
        return False
    return _COUNTER.fullmatch(bare) is not None or _LABELLED.fullmatch(bare) is not None


def is_path(text: str) -> bool:
    """True for the name of a picture or another file, or an address, and nothing else."""
    return _PATH.fullmatch(text.strip("[]()<> ")) is not None


def is_what_a_date_is(text: str) -> bool:
    """True for words that say what the date beside them is: "Posted on", "Veröffentlicht am"."""
    return len(text) <= 40 and _DATING.fullmatch(text.strip(_ARROWS)) is not None


def is_byline(text: str) -> bool:
    """True for a line that names who wrote: "By Ana Mora"."""
    if len(text) > 100:
        return False
    return _BYLINE.fullmatch(text.strip(" *_|-–—()")) is not None or (
        _BY_WITHIN.search(text) is not None and not text.endswith((".", "!", "?"))
    )
