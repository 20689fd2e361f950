"""Judges refusals: which condemn an address, and which say the same of too many people.

Somebody who is cut off by mistake never hears of it; writing to a dead address a few times more
costs little. So a refusal counts only if it plainly says that there is no such mailbox, and never
where a large share of an edition is refused alike: then something is wrong with the sender, the
message or a server on the way. For the same reason the words that contradict matter more than those
that condemn: a phrase that is missing in `DEAD` costs a few more messages, a wrong one costs a
living reader theirs.

The patterns are for texts as `plain` leaves them: lower case, without accents, addresses and links.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tidings.core.mail.replies import SpeaksOf, by_codes, by_words

# Addresses, links, and the full names of hosts: whoever they belong to, they say nothing.
_NAMES = re.compile(
    r"<[^<>]*>|\S+@\S+|\b[a-z]+://\S+|[\w-]+(?:\.[\w-]+){2,}(?=[^\w.]|\.?$)", re.IGNORECASE
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
# Whom we wrote to, and where a server looked them up, says nothing of what it would do for us.
_REACHED = re.compile(
    r"\byou (?:(?:have )?(?:tried|entered|specified)|(?:are|were) trying)\b"
    r"|\byour (?:(?:e-?mail |mail )?(?:message|e-?mail|mail) to\b|(?=recipient\b))"
)
_TABLE = re.compile(r"\bin (?:the )?(?:relay|local|virtual)\b(?: \w+)* (?:table|map)s?\b")
HOST = re.compile(r"\S*\w\.\w\S*")


def plain(text: str) -> str:
    """The words of a reply alone, in lower case, for the patterns here."""
    words = _CAMEL.sub(" ", _NAMES.sub(" ", text)).replace("_", " ").replace("\u2019", "'")
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", words).casefold())
    return _REACHED.sub(
        " ", _TABLE.sub(" ", " ".join(unicodedata.normalize("NFC", folded).split()))
    )


# What is missing or shut here is a part of the server, not a mailbox.
_MACHINES = (
    r"databases?|servers?|stores?|services?|domains?|hosts?|director(?:y|ies)|maps?|tables?|books?"
    r"|backends?|records?|modules?|checks?|lookups?|sessions?|systems?|drivers?|files?|folders?"
)


def _any(*patterns: str) -> str:
    # `re` compiles it at first use and keeps it: most runs judge no refusal, and all import this.
    return "|".join(patterns)


def _gone(subjects: str, predicates: str) -> str:
    """Somebody or a mailbox, a few words of the same sentence, and that there is none."""
    between = rf"\W+(?<!\. )(?!(?:{_MACHINES})\b)[\w'-]+"
    return rf"\b(?:{subjects})\b[\"')\]]*(?:{between}){{0,6}}?\W+(?:{predicates})(?![\w])"


_WHO = (
    r"e-?mail(?: ?box| address| account| id)|mail ?(?:box|account|address|drop)(?:es|s)?"
    r"|user(?:s|name| name| id| account)?|recipients?(?: address)?|recip|accounts?|addressee"
    r"|address(?:es)?|inbox|local ?part|alias|person|customer|subscriber"
)
_NO_MORE = (
    r"unknown|unavailable here|invalid|in ?active|in-active|disabled|de-?activated|discontinued"
    r"|closed|deleted|removed|terminated|cancell?ed|non[ -]?existe?a?nt|undeliverable"
    r"|unrout(?:e)?able"
    r"|(?:is |was |are |could |can |can)?not (?:be |been )?(?:found|known|located|recogni[sz]ed)"
    r"|(?:is |was )?not (?:a )?(?:valid|active|local|listed|registered|exists?|existing)"
    r"|(?:does|do|did) not exists?|(?:doesn|don|didn|isn|couldn|can|wasn)'?t (?:be )?"
    r"(?:exists?|found|valid|active)"
    r"|no longer (?:exists?|valid|active|available|in (?:use|service)|on (?:this |the )?server"
    r"|accepts? (?:e-?)?mail|here|with|works|employed)"
)
_UNKNOWN = (
    r"no such|unknown|invalid|in-?active|non[ -]?existe?a?nt|disabled|deactivated|undeliverable"
    r"|unrout(?:e)?able|illegal|deleted|closed|obsolete|bad destination"
)
_LANGUAGES = (
    # German, Dutch, the Scandinavian languages
    _gone(
        r"(?:be)?nutzer|empf(?:a|ae)nger\w*|adressat|postfach|mailadresse|adresse|mailbox|konto",
        r"(?:ist )?unbekannt|existiert nicht|nicht (?:mehr )?(?:gefunden|vorhanden|bekannt|aktiv"
        r"|g(?:u|ue)ltig)|ung(?:u|ue)ltig|deaktiviert|gel(?:o|oe)scht|gibt es nicht",
    ),
    r"\bkeine? (?:solche[rs]?|derartige[rs]?) (?:benutzer|empf(?:a|ae)nger|postfach|adresse)\b",
    r"\bunbekannte[rs]? (?:benutzer|empf(?:a|ae)nger|nutzer|adresse|adressat)\b",
    _gone(
        r"gebruiker|ontvanger|geadresseerde|postvak|mailbox|adres|account",
        r"onbekend|bestaat niet|niet gevonden|ongeldig|opgeheven",
    ),
    r"\bonbekende (?:gebruiker|ontvanger)\b",
    _gone(
        r"mottagare\w*|mott?ager\w*|modtager\w*|anvandare\w*|bruker\w*|adress(?:e|en)?|konto\w*",
        r"okand|ukendt|ukjent|finns inte|findes ikke|finnes ikke|eksisterer ikke",
    ),
    # French, Spanish, Italian, Portuguese
    _gone(
        r"utilisateur|destinataire|adresse|compte|boite|abonnee?",
        r"inconnue?|inexistante?|introuvable|n'existe (?:pas|plus)|desactivee?|supprimee?"
        r"|invalide|fermee?",
    ),
    _gone(
        r"usuari[oa]|destinatari[oa]|direccion|buzon|cuenta|utente|indirizzo|casella|account"
        r"|endereco|conta|caixa postal|utilizador|mailbox",
        r"desconocid[oa]|desconhecid[oa]|sconosciut[oa]|ine(?:x|s)istente|(?:no|non|nao) "
        r"(?:existe|esiste|encontrad[oa]|trovat[oa]|valid[oa])|invalid[oa]|de(?:s)?activad[oa]"
        r"|desativad[oa]|disattivat[oa]|disabilitat[oa]|deshabilitad[oa]|eliminad[oa]|inativ[oa]"
        r"|cancellat[oa]",
    ),
    r"\bno existe (?:el |la |ese |este |tal )?(?:usuario|buzon|cuenta|destinatario|direccion)\b",
    # Polish, Russian
    _gone(r"uzytkownik|adresat|odbiorca|konto|skrzynka|adres", r"nieznan[yaei]|nie istnieje"),
    r"\bnieznany (?:uzytkownik|adresat|odbiorca)\b",
    r"\bnie ma takiego (?:uzytkownika|konta|adresu|adresata)\b",
    _gone(
        r"пользователь|получатель|ящик|адрес(?:ат)?|аккаунт",
        r"не (?:наиден|существует|зарегистрирован)|неизвестен|удален|отключен",
    ),
    # Chinese, Japanese, Korean
    r"(?:用户|用戶|邮箱|郵箱|信箱|收件人|收件者|地址|[帐账帳][号號户戶])[^。，,.]{0,6}(?:不存在|未找到)",
    r"(?:ユーザ|宛先|受信者|アドレス|メールボックス)[^。.]{0,8}(?:存在しません|見つかりません)",
    r"(?:사용자|수신자|메일함|계정|주소)[^.]{0,8}(?:존재하지|찾을 수 없)",
)

# That there is no such mailbox, said plainly.
DEAD = _any(
    rf"\b(?:{_UNKNOWN})(?: or [\w-]+)?(?: (?:local|virtual|destination|mail|email|final))*"
    rf" (?:{_WHO})\b",
    _gone(_WHO, _NO_MORE),
    rf"\bmail ?box(?:\W+(?!(?:{_MACHINES})\b)[\w'-]+){{0,2}}?\W+(?:unavailable|not available)\b",
    r"\bno (?:valid )?(?:mail ?box|user|account|recipient|one|person)s?(?: (?:here|known))?"
    r" (?:by|with|of|at|for) (?:that|this)\b",
    r"\bno mail ?box (?:here|found)\b|\bno valid recipients?\b",
    r"\bnot an? (?:known|valid|local|registered|existing|active) (?:local )?"
    r"(?:user|recipient|mail ?box|account|e-?mail|address|customer)\b",
    r"\bnot our customer\b|\buser not local\b",
    r"\b(?:user|recipient|person|employee)(?: \w+)? (?:has left|(?:no longer|does(?: not|n't)) "
    r"works?)\b",
    r"\b(?:user|recipient) (?:does not|doesn't) have an? (?:\S+ ){0,3}(?:account|mail ?box)\b",
    r"\b(?:could not|couldn't|cannot|can't|unable to) (?:find|locate|resolve|recogni[sz]e)"
    rf"(?: (?:the|this|that|your|a|any|such)){{0,2}} (?:{_WHO})\b",
    r"\bdomain (?:does not|doesn't|never) accepts? (?:any )?(?:e-?)?mail\b(?! from)"
    r"|\bdomain (?:takes|accepts) no (?:e-?)?mail\b|\bnull mx\b",
    *_LANGUAGES,
)

# That it is about the sender, the message or this moment, whatever else is said.
NOT_THEM = _any(
    r"\bsenders?\b|\bmail[ -]?from\b|\bfrom (?:address|header|domain|field)\b|\breturn-?path\b",
    r"\benvelope[ -]from\b|\boriginator\b|\bcall(?:out|back)\b|\boutbound\b|\boutgoing\b"
    r"|\bsend(?:ing)?\b|\bfrom(?:: | user\b)|\breverse",
    r"\bspf\b|\bdkim\b|\bdmarc\b|\barc\b|\bauthent\w*|\bautentic\w*|\bunauth\w*|\bcredentials?\b",
    r"\bauthori[sz]\w*|\bauth\b|\blog ?in\b|\bpassword\b|\blicen[cs]e\b|\bsubscription\b",
    r"\bsasl\b|\bapi\b|\bkey\b|\btoken\b|\bsession\b|\bagent\b|\bscripts?\b|\btrial\b|\brenew\w*",
    r"\bpay(?:ment|ments)?\b|\bbilling\b|\bnumber of\b|\bcontain(?:s|ed|ing)?\b",
    r"\burls?\b|\blinks?\b|\bplan\b|\badvert\w*|\bmarketing\b|\bnewsletters?\b|\blooks like\b",
    r"\byour (?:e-?mail |mail |sending |own )?(?:ip|domain|account|server|host|network|isp"
    r"|provider|client|address|plan|tenant|organi[sz]ation|computer|system|name|mta|reputation)",
    r"\bip\b|\bclient\b|\bhelo\b|\behlo\b|\bdns\b|\brdns\b|\bptr\b|\breverse\b|\bresource record",
    r"\breputation\b|\b(?:black|block|deny|gr[ea]y|white|allow|safe)[ -]?list\w*|\brbl\b",
    r"\bdnsbl\b|\bgr[ea]y-?list\w*|\blisted (?:on|by|at)\b|\bbarracuda\b|\bsorbs\b|\bspam\w*",
    r"\bbulk\b|\bunsolicited\b|\bjunk\b|\babus\w*|\bcomplain\w*|\bphish\w*|\bvirus\w*",
    r"\bmalware\b|\bmalicious\b|\bsuspicio\w*|\bfraud\w*|\bblock(?:ed|ing|s)?\b|\bsecurity\b",
    r"\bpolic(?:y|ies)\b|\bcontents?\b|\bheaders?\b|\battachment\w*|\bsignature\b|\btls\b",
    r"\bencrypt\w*|\bcertificate\b|\bverification\b|\bmessages? (?:was |is |has been )?"
    r"(?:rejected|refused|denied)\b|\bloop\w*|\bhops?\b|\bfilter\w*",
    r"\b(?:over)?quota\w*|\bfull\b|\bstorage\b|\bspace\b|\bsize\b|\btoo \w+\b|\blimit\w*",
    r"\bexceed\w*|\brates?\b|\bthrottl\w*|\bfrequen\w*|\bvolume\b|\bdaily\b|\bhourly\b",
    r"\bper (?:day|hour|minute|second)\b|\bmaximum\b|\bmessages? count\b",
    r"\bretr(?:y|ies|ying)\b|\bcome back\b|\btry (?:again )?(?:in|after)\b|\bin \d+ (?:min|sec|h)",
    r"\btempor\w*|\blater\b|\btransient\w*|\bmaintenance\b|\bcurrently\b|\bat this time\b",
    r"\bsuspend\w*|\bsaid: ?4\d\d\b|\binternal\b|\b(?:server|local) error\b|configur",
    r"\bmembers?\b|\bsubscribed\b|\ballowance\b|\bexternal\b|\binsufficient\b|\bdisk\b",
    # The same in other languages.
    r"\babsender\w*|\bexpediteur\w*|\bremitente\w*|\bmittente\w*|\bremetente\w*|\bafzender\w*",
    r"\bavsandare\w*|\bafsender\w*|\bnadawc\w*|отправител\w*|发件人|發件人|寄件者|差出人|送信者|발신자",
    r"\brichtlinie\w*|\bpolitiques?\b|\bpoliticas?\b|\bregles?\b|\bbeleid\b|\bправил\w*|политик\w*",
    r"\b(?:u|ue)berschritten\b|\bdepass\w*|\bsuperad[oa]\b|\bsuperat[oa]\b|\bexcedid[oa]\b",
    r"\bcuota\b|\bcota\b|\bvoll\b|\bplein\w*|\bllen[oa]\b|\bpien[oa]\b|\bchei[oa]\b|\bgesperrt\b",
    r"\bblockiert\b|\bbloque\w*|\bbloccat\w*|\bgeblokkeerd\b|\bspater\b|\bspaeter\b|\bplus tard\b",
    r"\bmas tarde\b|\bpiu tardi\b|\bmais tarde\b|\bvor(?:u|ue)bergehend\b|\bmomentan\w*|спам\w*",
    r"\bkontingent\w*|лимит\w*|频|頻|限制|制限|超过|超過|超出|您|你",
    r"\bvotre\b|\bvos\b|\bsu\b|\btu\b|\btuo\b|\bsua\b|\bihre?\b|\bdeine?\b|\buw\b|\bваш\w*|\btwoj\w*",
)

# What may stand beside a status code that says who is meant, but not in the place of one.
OTHERWISE = _any(
    r"\brelay\w*|\bdenied\b|\bprohibit\w*|\bforbidden\b|\bdisallow\w*|\brestrict\w*|\bno access\b",
    r"\bnot (?:allowed|permitted)\b|\brejected (?:by|due|for|because)\b|\badministrat\w*",
    r"\bpermission\b|\bconnections?\b|\bservice\b|\bnetwork\b|\bverwei?ger\w*|\brefuse[eds]?\b",
    r"\byour?\b|\bfrom\b|\bliteral\b|\bformat\b|(?<!recipient address )\bsyntax\b",
)

# At which step a server on the way was refused, in the words of the one that reports it.
OTHER_STEP = _any(
    r"in reply to (?!rcpt\b)",
    r"\b(?:after|in response to) (?:pipelined )?(?:end of data|data\b|mail from|helo|ehlo|auth\b"
    r"|initial connection|sending data)",
)


# How the detail of a delivery begins that came back: because of the address, or of anything else;
# and of one that no longer counts, since somebody took the address back.
BOUNCED = "bounced: "
RETURNED = "came back: "
DEALT_WITH = "dealt with; "

# A refusal is shared by a large part of an edition if so many people and more than this part of
# those whose server has answered were refused for the same reason. One dead address always counts.
FEWEST_ALIKE = 2
LARGE_SHARE = 1 / 3

# What is ours to say of a delivery, rather than a server's.
_OURS = ("expired", "given up", "parked", DEALT_WITH)  # `parked`: in states of before
# A reply stands at the beginning, or after words of ours on who refused what.
_REPLY = re.compile(r"(?:^|: )([245]\d\d)(?=[ -]|$)")
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_STATUS_FIRST = re.compile(rf"{_CODE.pattern}\s*([245]\d\d)?(?=[ -]|$)")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# What stands before a reply to the message itself.
_OF_THE_MESSAGE = "refused the message: "

# Replies without a status code that may speak of a mailbox, where a recipient is refused.
_OF_A_MAILBOX = ("550", "551", "553", "554", "556")


class _Says(Enum):
    """What a status code says by itself (RFC 3463, RFC 7505)."""

    DEAD = "no such mailbox or domain"
    DISABLED = "the mailbox is disabled"
    ADDRESS = "something about an address, perhaps the sender's"
    NOTHING = "nothing specific"
    OTHERWISE = "something else"


_CODES = {
    **dict.fromkeys(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"), _Says.DEAD),
    "5.2.1": _Says.DISABLED,
    "5.1.0": _Says.ADDRESS,
    "5.2.0": _Says.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Alike:
    """People of one edition who were refused alike, of so many whose servers have answered.

    `words` are the codes and words that they share; `keys` are their addresses, case-folded.
    """

    words: str
    keys: frozenset[str]
    of: int


def condemns(words: str) -> bool:
    """Whether a refusal plainly says that there is no such mailbox, now or ever.

    `words` are a status code, or a server's reply with a reply code and mostly a status code, which
    our own words on who refused what may precede: "550 5.1.1 No such user", "mx.example.org: the
    server refused the recipient: 550 5.1.1 No such user", "5.1.1 550 5.1.1 User unknown". A message
    or a sender that is refused says nothing of the recipient.
    """
    reply, text = _reply(words)
    codes = _codes(text)
    said = {_says(code) for code in codes}
    if not text or reply[:1] in ("2", "4") or _Says.OTHERWISE in said:
        return False
    spoken = plain(_CODE.sub(" ", text))
    if re.search(NOT_THEM, spoken) or re.search(OTHER_STEP, spoken):
        return False
    named = re.search(DEAD, " ".join(HOST.sub(" ", spoken).split())) is not None
    if _Says.DEAD in said:
        return named or re.search(OTHERWISE, spoken) is None
    if _Says.DISABLED in said and not _LETTERS.search(spoken):
        return True
    if _Says.ADDRESS in said:
        named = named or re.sub(r"[\W\d]+", " ", spoken).strip() == "address rejected"
    # What was cut off may say otherwise.
    whole = not words.endswith("…")
    coded = bool(codes) or reply in _OF_A_MAILBOX
    return coded and whole and named and re.search(OTHERWISE, spoken) is None


def speaks_of(words: str) -> SpeaksOf | None:
    """What a refusal speaks of, by its words first and then by its codes; None if nobody can say.

    `words` are as for `condemns`, and a refusal that condemns is one of a mailbox.
    """
    if condemns(words):
        return SpeaksOf.MAILBOX
    _, text = _reply(words)
    text = text or words
    codes, spoken = _codes(text), HOST.sub(" ", plain(_CODE.sub(" ", text)))
    spoken = " ".join(spoken.split())
    if of := by_codes(codes, plain=True) or by_words(spoken):
        return of
    if of := by_words(spoken, weak=True):
        # A code for "other" says less than even these.
        return by_codes([code for code in codes if not code.endswith(".0")]) or of
    return by_codes(codes)


def too_large(words: str) -> bool:
    """Whether a message was refused for its size (552, RFC 5321; X.3.4, and X.2.3 for that which
    one mailbox takes, RFC 3463)."""
    _, _, text = words.rpartition(_OF_THE_MESSAGE)
    codes = _codes(text)
    if not text.startswith("5") or _OF_THE_MESSAGE not in words:
        return False
    if codes:
        return "5.3.4" in codes or "5.2.3" in codes
    return bool(re.search(r"\b(?:size|too (?:large|big|long))\b", plain(text)))


def of_the_message(detail: str) -> bool:
    """Whether a delivery with this detail failed for the content of its message: refused once the
    server had that, and for nothing that the words say of the sender, a mailbox or a quota."""
    _, met, words = detail.rpartition(_OF_THE_MESSAGE)
    if not met or not words:
        return False
    of = speaks_of(words)
    # For now, of what says nothing, any moment may be the cause.
    return of is SpeaksOf.MESSAGE or (words[:1] == "5" and of in (SpeaksOf.POLICY, None))


def of_the_greeting(words: str) -> bool:
    """Whether a refusal is of the name that this machine introduced itself with."""
    spoken = plain(words)
    return bool(re.search(r"\b(?:helo|ehlo)\b", spoken)) and re.search(OTHER_STEP, spoken) is None


def of_the_address_we_send_from(words: str) -> bool:
    """Whether a refusal at the recipient is of the sender, whoever the recipient is: Postfix and
    Exim judge both there (smtpd_delay_reject, acl_smtp_rcpt)."""
    spoken = plain(words)
    refused = r"\bsender (?:address rejected|verify failed)\b"
    return bool(re.search(refused, spoken)) and re.search(OTHER_STEP, spoken) is None


def of_the_client(words: str) -> bool:
    """Whether a refusal is of the machine that connected, whatever it says and to whom."""
    spoken = plain(words)
    refused = r"\bclient host\b.*\b(?:rejected|blocked|denied|refused)\b"
    return bool(re.search(refused, spoken)) and re.search(OTHER_STEP, spoken) is None


def relaying(words: str) -> bool:
    """Whether a refused recipient means that the server passes nothing on for us."""
    spoken = HOST.sub(" ", plain(words))
    return re.search(r"\brelay", spoken) is not None and not condemns(words)


def _reply(words: str) -> tuple[str, str]:
    """The reply code, "" for none, and what the server said from there on; "" for no reply."""
    if words.startswith(_OURS):
        return "", ""
    if first := _STATUS_FIRST.match(words):
        return first[4] or "", words
    found = _REPLY.search(words)
    if found is None:
        return "", ""
    before = words[: found.start()]
    if "refused the " in before and not before.endswith("the recipient"):
        return "", ""
    return found[1], words[found.start(1) :]


def _codes(text: str) -> tuple[str, ...]:
    numbers = (found.groups() for found in _CODE.finditer(text))
    return tuple(dict.fromkeys(".".join(str(int(n)) for n in each) for each in numbers))


def _says(code: str) -> _Says:
    if code.startswith("5.0."):
        return _Says.NOTHING
    return _CODES.get(code, _Says.OTHERWISE)


# --- Refused alike -------------------------------------------------------------------------------


def refusal(detail: str) -> str:
    """The words of the server that refused a delivery with this detail or sent it back; "" if
    it ended for a reason of ours, such as having expired."""
    said = detail.removeprefix(BOUNCED).removeprefix(RETURNED)
    return "" if said.startswith(_OURS) else said


def likeness(words: str, key: str) -> str:
    """What a refusal has in common with those of others: its codes and words, without the address
    that it is about, hosts, and whatever has figures in it and so may be a name of the message."""
    reply, text = _reply(words)
    text = text or words
    local, _, _ = key.partition("@")
    spoken = plain(" ".join(t for t in text.split() if not any(c.isdigit() for c in t)))
    spoken = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", " ", HOST.sub(" ", spoken))
    return " ".join([reply, *_codes(text), *_WORD.findall(spoken)]).strip()


def is_large(share: int, of: int) -> bool:
    """Whether so many of so many people are too many to be a matter of each alone."""
    return share >= FEWEST_ALIKE and share > of * LARGE_SHARE


def grouped(details: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """By the words that they share: who was refused alike, of details by address key."""
    groups: dict[str, set[str]] = defaultdict(set)
    for key, detail in details.items():
        if words := refusal(detail):
            groups[likeness(words, key)].add(key)
    return {words: frozenset(keys) for words, keys in sorted(groups.items())}


def alike(groups: Mapping[str, frozenset[str]], of: int) -> tuple[Alike, ...]:
    """Of an edition, those groups that are a large share of `of`, all whose servers have
    answered."""
    found = (Alike(words, keys, of) for words, keys in groups.items())
    return tuple(each for each in found if is_large(len(each.keys), of))
