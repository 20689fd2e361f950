"""What stands around a listing that was pasted, and is known by its words: marks of a quotation,
the head and the foot of a letter, menus above and notices below, names in front of values.

Lines keep their numbers: what is no part of the listing is made blank. Greetings and menus count
only above the first date, closings and notices only below the last one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from tidings.core.listings.fields import field_of, words_of
from tidings.core.listings.text import collapse, is_aside, is_byline, is_more

_QUOTE = re.compile(r"\s*(?:>[^\S\n]?)+")
_FEWEST_QUOTED: Final = 3
_FEWEST_NAMED: Final = 2  # summaries with their name in front
_QUOTED: Final = 0.8  # of the lines of a quoted text have the mark of it
_LONGEST: Final = 90  # characters of a line that is no text
_LONGEST_FOOT: Final = 12  # lines below a closing
_LONGEST_NOTICE: Final = 1_200
_MOST_MAILS: Final = 2  # that one was passed on in; more are the entries
_LONGEST_ATTRIBUTION: Final = 200

# The names of the fields of a mail, as programs show them above one that is passed on.
_SENDER = "from|de|von|da|van|od|fra|från|от|mittente|expéditeur|remitente"
_OF_MAIL = (
    rf"{_SENDER}|to|cc|bcc|sent|date|subject|reply-to|importance|para|asunto|enviado(?: el)?|fecha"
    r"|an|betreff|gesendet|datum|à|objet|envoyé|a|oggetto|inviato|data|enviada em|assunto|aan"
    r"|onderwerp|verzonden|destinataire|destinatario|til|emne|sendt|till|ämne|skickat|do|temat"
    r"|wysłano|кому|тема|дата|attachments?|anexos?|adjuntos?"
)
_FIELD = re.compile(rf"[*_]{{0,2}}(?P<name>{_OF_MAIL})[*_]{{0,2}}\s?:(?=\s|$|\*)", re.IGNORECASE)
_FIRST_FIELD = re.compile(rf"[*_]{{0,2}}(?:{_SENDER})[*_]{{0,2}}\s?:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"[-_=*\s]{0,20}(?:begin )?(?:original message|forwarded message|mensaje (?:original|reenviado)"
    r"|message d['’]origine|message transféré|ursprüngliche nachricht|weitergeleitete nachricht"
    r"|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)"
    r"|oorspronkelijk bericht|doorgestuurd bericht)\s?:?[-_=*\s]{0,20}",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:on|el|le|am|il|em|op|den|w dniu)\s.{3,180}"
    r"\b(?:wrote|escribió|a écrit|schrieb\b.{0,60}|ha scritto|escreveu|schreef\b.{0,60}"
    r"|skrev\b.{0,60}"
    r"|napisał\(?a?\)?)\s?:",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:[^\W\d_a-z][\w.'’-]*\s){1,4}(?:<\S{1,80}>\s)?"
    r"(?:wrote|escribió|a écrit|schrieb|ha scritto|escreveu|schreef)\s?:"
)
_GREETING = re.compile(
    r"(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|to whom it may concern"
    r"|estimad[oa]s?|querid[oa]s?|apreciad[oa]s?|hola|buenos d[ií]as|buenas (?:tardes|noches)"
    r"|saludos"
    r"|bonjour|bonsoir|chère?s?|chers|salut|madame|monsieur|mesdames|liebe[rs]?|sehr geehrte[rs]?"
    r"|hallo|guten (?:tag|morgen|abend)|moin|gentil[ei]|car[oiae]|egregi[oae]?|buongiorno|ciao"
    r"|prezad[oa]s?|car[oa]s|olá|bom dia|boa (?:tarde|noite)|beste|geachte|goedemorgen|dag"
    r"|kære|hej|kjære|szanown[ia]|drodzy|уважаемые|здравствуйте|добрый день)"
    r"(?:[\s,][^.!?:;]{0,60})?[,:;!.]?",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"(?:please|kindly)\s.{0,60}\b(?:below|attached)\b.{0,80}"
    r"|(?:(?:here|below|attached|these)\s(?:is|are)|find)\b.{0,60}\b(?:news|listings?"
    r"|updates?)\b.{0,60}"
    r"|.{0,40}\b(?:see|as) below\b.{0,60}|fyi\W{0,3}"
    r"|(?:adjunt[oa]|les comparto|a continuación|encontrarán|aquí están)\b.{0,120}"
    r"|(?:veuillez trouver|voici|ci-dessous)\b.{0,120}"
    r"|(?:anbei|im folgenden|hier (?:sind|ist|kommen))\b.{0,120}"
    r"|(?:segue|seguem|abaixo)\b.{0,120}|(?:di seguito|in allegato)\b.{0,120}",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:(?:with |my |our )?(?:best|kind|kindest|warm|warmest|many)?\s?(?:regards|wishes|greetings)"
    r"|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|cheers|(?:many |with )?thanks"
    r"(?: (?:and|a lot|in advance)\b.{0,30})?|thank you(?: (?:very much|in advance|all"
    r"|and)\b.{0,30})?"
    r"|all the best|best|(?:un |muchos )?(?:cordiales? )?saludos?(?: cordial(?:es)?| a todos)?"
    r"|atentamente|cordialmente|(?:muchas )?gracias(?: .{0,30})?|un abrazo|abrazos"
    r"|(?:bien )?cordialement|bien à (?:vous|toi)|(?:meilleures |sincères )?salutations.{0,30}"
    r"|merci(?: .{0,30})?|amicalement|(?:mit )?(?:freundlichen?|besten?|herzlichen?|vielen?"
    r"|liebe[nr]?|schöne[nr]?)"
    r" grü(?:ß|ss)en?.{0,30}|(?:cordiali|distinti|cari) saluti|grazie(?: .{0,30})?"
    r"|atenciosamente|cordiais saudações|abraços|(?:muito )?obrigad[oa](?: .{0,30})?"
    r"|met (?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|(?:med )?venlig hilsen"
    r"|med vänliga? hälsning(?:ar)?|vennlig hilsen|z poważaniem|pozdrawiam|с уважением)[,.!]?",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"--\s?|_{8,}|sent from my .{1,40}|get outlook for .{1,20}"
    r"|enviado desde mi .{1,40}|envoyé de mon .{1,40}|von meinem .{1,40} gesendet"
    r"|inviato da(?:l mio)? .{1,40}|enviado do meu .{1,40}",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(?:\bunsubscribe\b|\bopt[- ]?out\b|\bdarse de baja|\bcancelar (?:la|su|tu) suscripción"
    r"|\bdésabonner|\bdésinscrire|\babbestellen|\babmelden\b.{0,40}\bnewsletter"
    r"|\bcancella\w* l['’]iscrizione"
    r"|\bcancelar (?:a|sua) (?:inscrição|assinatura)|\bafmelden|\buitschrijven"
    r"|\byou (?:are receiving|received|have received|get) this (?:e-?mail|message|newsletter)"
    r"|\b(?:recibe|ha recibido) este (?:correo|mensaje|boletín)|\bvous recevez (?:ce|cet)\b"
    r"|\bsie erhalten diese|\bthis (?:e-?mail|message|communication)\b.{0,60}\b(?:confidential"
    r"|intended)"
    r"|\beste (?:correo|mensaje)\b.{0,60}\bconfidencial|\bce (?:message"
    r"|courriel)\b.{0,60}\bconfidentiel"
    r"|\bdiese (?:e-?mail|nachricht)\b.{0,60}\bvertraulich"
    r"|\ball rights reserved|\btodos los derechos reservados|\btous droits réservés"
    r"|\balle rechte vorbehalten|\btutti i diritti riservati|\btodos os direitos reservados"
    r"|^©|^\(c\) ?\d{4}|^copyright\b)",
    re.IGNORECASE,
)
_ON_PAGES = (
    "skip to (?:main |the )?(?:content|navigation)|jump to (?:content|navigation)|(?:main |open "
    "|close |toggle )?menu"
    "|(?:main )?navigation|home|homepage|search|log ?in|sign in|sign up|register|my account|cart"
    "|site ?map|about(?: us)?|who we are|what we do|contact(?: us)?|get in touch|faqs?|help"
    "|share(?: this)?(?: (?:page|article|post|story|on|via|with))?(?: [a-z]+)?"
    "|print(?: this)?(?: page)?"
    "|follow us(?: on.{0,30})?|connect with us|stay connected|subscribe(?: .{0,40})?"
    "|sign up (?:for|to) .{0,40}|newsletter|enter your e-?mail.{0,20}"
    "|privacy(?: policy| notice| statement)?|terms(?: (?:of (?:use|service)|and conditions))?"
    "|terms & conditions|cookies?(?: (?:policy|settings|notice))?|accessibility(?: statement)?"
    "|disclaimer|legal(?: notice)?|imprint|back to (?:the )?top|top of page|related links"
    "|quick links"
    "|useful links|facebook|twitter|instagram|linkedin|youtube|whatsapp|telegram|tiktok|x|rss"
    "|e-?mail"
    "|we use cookies.{0,120}|accept(?: all)?(?: cookies)?"
    "|(?:saltar|ir) al contenido(?: principal)?|pasar al contenido.{0,12}|menú(?: principal)?"
    "|inicio|buscar|iniciar sesión"
    "|mapa del sitio|quiénes somos|(?:contacto|contáctenos|contáctanos)|compartir(?: .{0,30})?"
    "|síguenos(?: .{0,20})?|síganos(?: .{0,20})?|suscríbase.{0,40}|suscríbete.{0,40}|boletín"
    "|(?:política de|aviso de) (?:privacidad|cookies)|aviso legal|términos (?:de uso|y condiciones)"
    "|volver arriba|imprimir|usamos cookies.{0,120}"
    "|aller au contenu(?: principal)?|accueil|rechercher|connexion|plan du site"
    "|qui sommes-nous ?\\??"
    "|(?:nous )?contact(?:ez-nous|er)|partager(?: .{0,30})?|suivez-nous(?: .{0,20})?"
    "|abonnez-vous.{0,40}|mentions légales|politique de confidentialité|haut de page|retour en haut"
    "|zum (?:haupt)?inhalt(?: springen)?|direkt zum inhalt|startseite|suche|anmelden|über uns"
    "|kontakt|impressum|datenschutz(?:erklärung)?"
    "|teilen(?: .{0,30})?|folgen sie uns.{0,20}|nach oben|barrierefreiheit|nutzungsbedingungen"
    "|(?:ir para|pular para) o conteúdo.{0,12}|pesquisar|fale conosco|compartilhar(?: .{0,30})?"
    "|siga-nos.{0,20}|política de privacidade|voltar ao topo|quem somos"
    "|(?:vai|salta) al contenuto.{0,12}|cerca|chi siamo|contatti|condividi(?: .{0,30})?"
    "|seguici.{0,20}"
    "|informativa sulla privacy|torna su|naar (?:de )?inhoud|over ons|delen(?: .{0,30})?|zoeken"
)
_PAGE_PART = re.compile(rf"(?:{_ON_PAGES})", re.IGNORECASE)
_WAYS = (
    r"like|comment|reply|share|repost|retweet|tweet|email|e-mail|print|save|bookmark|pin(?: it)?"
    r"|embed|report"
    r"|facebook|twitter|whatsapp|linkedin|telegram|pinterest|reddit|copy link"
    r"|me gusta|comentar|compartir|imprimir|guardar|partager|imprimer|j['’]aime|commenter|teilen"
    r"|drucken|gefällt mir|kommentieren|condividi|stampa|compartilhar|curtir|delen"
)
_SHARING = re.compile(
    rf"(?:{_WAYS})(?: (?:this|on|via|by|en|por|sur|auf|su)(?: [\w-]+){{1,2}})?"
    rf"(?:[\s·|/•,]+(?:{_WAYS})(?: (?:this|on|via|by|en|por|sur|auf"
    rf"|su)(?: [\w-]+){{1,2}})?){{1,9}}",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:share|tweet|compartir|partager|teilen|condividi|compartilhar|delen)"
    r"(?: (?:this(?: .{1,12})?|esto|cet article))?",
    re.IGNORECASE,
)
_SHORT_DAY = re.compile(r"[^\W\d_]{3,10}\.? \d{1,2}|\d{1,2}\.? [^\W\d_]{3,10}\.?")
_APART = re.compile(r"\s+[|·•–—/]\s+|\s{3,}|\t+")
_AROUND: Final = " \t•·|–—-*»›→>[]()←^…:,"
_BETWEEN = re.compile(r"\s[|/·•»›>]\s|\s{3,}|\t")


def listing_lines(lines: Sequence[str], is_dated: Callable[[str], bool]) -> list[str | None]:
    """The lines without the marks of a quotation, and with those made blank that are known to be
    no part of a listing; None for what stands within one, such as counts of comments.

    `is_dated` tells a line with a full date.
    """
    kept = _without_mail_headers(_unquoted(lines, is_dated))
    numbers = range(len(kept))
    first = next((at for at in numbers if is_dated(kept[at])), None)
    if first is None:
        return [None if _is_below_entry(line) else line for line in kept]
    last = next(at for at in reversed(numbers) if is_dated(kept[at]))
    for at in range(first):
        if _is_above(kept[at]):
            kept[at] = ""
    foot = _foot(kept, last + 1)
    for at in range(last + 1, len(kept)):
        if at >= foot or _is_part_of_page(kept[at]):
            kept[at] = ""
    return [None if _is_below_entry(line) else line for line in kept]


def _unquoted(lines: Sequence[str], is_dated: Callable[[str], bool]) -> list[str]:
    """The lines of a text, of a quoted one without the marks of the quotation: where a date stands
    behind such a mark, or nearly all lines from the first to the last mark have one."""
    marked = [at for at, line in enumerate(lines) if line.lstrip()[:1] == ">"]
    if not any(is_dated(lines[at]) for at in marked):
        within = lines[marked[0] : marked[-1] + 1] if marked else ()
        said = sum(1 for line in within if line.strip())
        if len(marked) < max(_FEWEST_QUOTED, _QUOTED * said):
            return list(lines)
    return [_QUOTE.sub("", line, count=1) for line in lines]


def _without_mail_headers(lines: list[str]) -> list[str]:
    """The lines, those blank that say who wrote a mail, to whom and when; but for a file whose
    entries are mails, or begin with such fields."""
    headers: list[range] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        end = at + 1
        if not line or len(line) > _LONGEST_ATTRIBUTION:
            pass
        elif _FORWARDED.fullmatch(line) or (line[-1] == ":" and _is_attribution(line)):
            lines[at] = ""
        elif _FIRST_FIELD.match(line):
            end = max(end, _end_of_headers(lines, at))
            if end > at + 1 and not _names_title(lines[end : end + 1]):
                headers.append(range(at, end))
        at = end
    for header in headers if len(headers) <= _MOST_MAILS else ():
        for number in header:
            lines[number] = ""
    return lines


def _is_attribution(line: str) -> bool:
    return _ATTRIBUTION.fullmatch(line) is not None or _WROTE.fullmatch(line) is not None


def _end_of_headers(lines: Sequence[str], at: int) -> int:
    end = at
    while end < len(lines) and _FIELD.match(lines[end].strip()):
        end += 1
    return end


def _names_title(lines: Sequence[str]) -> bool:
    found = LABEL.match(lines[0]) if lines else None
    return found is not None and words_of(found["name"]) in TITLES


def _is_below_entry(line: str) -> bool:
    """True for a line of what pages have below an entry: counts of comments, ways to share it, its
    tags, who posted it; at least two of these, or words that are nothing else."""
    bare = line.strip()
    if not bare or len(bare) > _LONGEST:
        return False
    if _SHARING.fullmatch(bare) or _SHARE.fullmatch(bare):
        return True
    parts = [collapse(part) for part in _APART.split(bare)]
    if len(parts) < 2 or not all(_is_footer(part) for part in parts):
        return False
    return any(_is_count(part) for part in parts)


def _is_footer(part: str) -> bool:
    known = _SHARING.fullmatch(part) or _SHARE.fullmatch(part) or _SHORT_DAY.fullmatch(part)
    return known is not None or is_aside(part) or is_byline(part) or is_more(part)


def _is_count(part: str) -> bool:
    return (is_aside(part) and not is_byline(part)) or _SHARING.fullmatch(part) is not None


def _is_above(line: str) -> bool:
    bare = line.strip()
    if len(bare) > _LONGEST_NOTICE:
        return False
    if len(bare) <= _LONGEST and _GREETING.fullmatch(bare) and bare[-1:] in ",:;!.":
        return True
    return _INTRODUCTION.fullmatch(bare) is not None or _is_part_of_page(line)


def _is_part_of_page(line: str) -> bool:
    """True for a line of a menu, and for several in a row of it."""
    bare = collapse(line).strip(_AROUND)
    if not bare or len(bare) > 2 * _LONGEST:
        return False
    parts = [part.strip(_AROUND) for part in _BETWEEN.split(line.strip(_AROUND))]
    known = sum(_PAGE_PART.fullmatch(collapse(part)) is not None for part in parts)
    return known == len(parts) if len(parts) < 3 else 2 * known > len(parts)


def _foot(lines: Sequence[str], first: int) -> int:
    """Where the foot of a letter or a page begins, below the last date: at a closing with little
    below it, or at a notice that stands apart."""
    rest = sum(1 for line in lines[first:] if line.strip())
    for at in range(first, len(lines)):
        bare = lines[at].strip()
        rest -= bool(bare)
        if not bare or len(bare) > _LONGEST_NOTICE:
            continue
        ends = _CLOSING.fullmatch(bare) or _SIGNATURE.fullmatch(lines[at])
        if ends and len(bare) <= _LONGEST and rest <= _LONGEST_FOOT:
            return at
        if not lines[at - 1].strip() and _NOTICE.search(bare):
            return at
    return len(lines)


# --- Names of fields in front of values -----------------------------------------------------------

_COLON = re.compile("[:：]")
LABEL = re.compile(
    r"\s*(?:[-*•#>]+\s+)?(?:[*_]{1,2})?(?P<name>[^\W\d_][^:：*_\n]{0,29}?)\s?"
    r"(?:[*_]{1,2}\s?[:：]|[:：][*_]{1,2}|[:：])\s*(?P<value>.*)"
)
TITLES: Final = frozenset(
    words_of(name)
    for name in (
        "title", "headline", "titulo", "titular", "titre", "titel", "titolo", "tytul", "baslik",
        "overskrift", "rubrik", "otsikko", "uberschrift", "heading", "заголовок", "标题", "標題",
        "タイトル", "제목", "العنوان",
    )
)  # fmt: skip
_SUMMARIES: Final = frozenset(
    words_of(name)
    for name in (
        "summary", "abstract", "description", "excerpt", "resumen", "descripcion", "resume",
        "zusammenfassung", "resumo", "riassunto", "samenvatting", "streszczenie", "ozet",
    )
)  # fmt: skip


def without_names(lines: Sequence[str | None]) -> list[str | None]:
    """The lines of a text without the names of fields before their values, where there are titles
    or several summaries behind such names; None for a line that names a category."""
    found = [LABEL.match(line) if line and _COLON.search(line) else None for line in lines]
    if not any(found):
        return list(lines)
    names = [words_of(match["name"]) if match else "" for match in found]
    if not TITLES.isdisjoint(names):
        kinds = {name for name in names if field_of(name)}
    else:
        often = Counter(name for name in names if name in _SUMMARIES)
        kinds = {name for name, count in often.items() if count >= _FEWEST_NAMED}
    kept = list(lines)
    for at, (match, name) in enumerate(zip(found, names, strict=True)):
        if match and name in kinds:
            kept[at] = None if field_of(name) == "category" else match["value"].strip(" *_")
    return kept
