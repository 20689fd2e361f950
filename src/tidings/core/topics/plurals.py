"""Which forms of a word a term finds: its singular and its plural, by the rules of a language.

There is no dictionary. Each language has endings that tell the two apart; they also make forms
that no text has, which does no harm. What they would join though it is another word stands in
`SEPARATE`. A language that has no rules here is read by those of English, whose words get around.

A term's word with a capital finds its other form with a capital only: Lagos is not a lake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from tidings.core.topics.text import CAPITAL


class Ending(NamedTuple):
    """That a word on `one` has a plural on `many`, where what is before it ends in `stem`."""

    stem: re.Pattern[str]
    one: str
    many: str


class Rules(NamedTuple):
    """The plurals of a language: of single words, both ways, and by their endings."""

    words: Mapping[str, str]
    endings: tuple[Ending, ...]


def _rules(*given: tuple[str, str, str], words: str = "", compounds: str = "") -> Rules:
    """`words` are given as "ox/oxen"; those in `compounds` also count as the end of a longer one:
    housewives, schoolchildren."""
    pairs = [pair.split("/") for pair in words.split()]
    given += tuple(("", *pair.split("/")) for pair in compounds.split())  # type: ignore[misc]
    return Rules(
        MappingProxyType(dict(pairs) | {many: one for one, many in pairs}),
        tuple(Ending(re.compile(rf"(?:{stem})\Z"), one, many) for stem, one, many in given),
    )


# What a plain s is added to. Of two letters only an acronym: CVs, but neither "as" nor "his".
_S: Final = (r"..[^s]|\A.[^aeious]", "", "s")

_GERMAN_IN_ER = (
    "kind land haus mann bild buch feld geld glied gesicht gut volk wort wald rad amt dach dorf "
    "blatt brett ei fach fass geist glas grab gras holz horn huhn kleid kraut lamm lied loch nest "
    "pfand rand schild schloss schwert tal tuch geschlecht"
)
_GERMAN_IN_S = (
    "hotel tunnel job team club klub test ticket park streik chef label event workshop ing camp "
    "scheck tipp trend blog chat fan deal shop treff check import export"
)

RULES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "en": _rules(
            _S,
            (r"..[xo]|..ss|[^s]us|..zz|..[cs]h|\A(?:gas|lens|atlas|canvas|bias|iris)", "", "es"),
            (r".[^aeiou]|.qu", "y", "ies"),
            *((r"..", one, many) for one, many in (("sis", "ses"), ("xis", "xes"))),
            compounds="man/men child/children foot/feet tooth/teeth mouse/mice wife/wives "
            "knife/knives life/lives leaf/leaves half/halves shelf/shelves self/selves wolf/wolves "
            "thief/thieves loaf/loaves",
            words="goose/geese louse/lice ox/oxen calf/calves elf/elves scarf/scarves hoof/hooves "
            "wharf/wharves dwarf/dwarves quiz/quizzes axis/axes criterion/criteria "
            "phenomenon/phenomena bacterium/bacteria curriculum/curricula memorandum/memoranda "
            "referendum/referenda stratum/strata appendix/appendices index/indices matrix/matrices "
            "vertex/vertices alumnus/alumni alumna/alumnae cactus/cacti fungus/fungi "
            "nucleus/nuclei stimulus/stimuli syllabus/syllabi focus/foci radius/radii "
            "formula/formulae vertebra/vertebrae",
        ),
        "es": _rules(_S, (r"..[^aeious]|.[aeiou]s", "", "es"), ("[aeiou]", "z", "ces")),
        "fr": _rules(
            _S,
            ("ea|.[eo]", "u", "ux"),
            (".", "al", "aux"),
            words="travail/travaux corail/coraux vitrail/vitraux bail/baux oeil/yeux ciel/cieux "
            "monsieur/messieurs madame/mesdames noyau/noyaux tuyau/tuyaux joyau/joyaux",
        ),
        "pt": _rules(
            _S,
            (r"..[rzn]|.[aeiou]s", "", "es"),
            (r".[aeiou]", "m", "ns"),
            ("..", "ao", "oes"),
            *((r"..", vowel + "l", vowel + "is") for vowel in "aeou"),
            (r".[^aeiou]", "il", "is"),
            (r".[^aeiou]", "il", "eis"),
            words="pao/paes cao/caes capitao/capitaes alemao/alemaes catalao/catalaes mal/males "
            "escrivao/escrivaes tabeliao/tabeliaes guardiao/guardiaes consul/consules",
        ),
        "it": _rules(
            ("...", "o", "i"),
            ("...", "e", "i"),
            ("...", "a", "e"),
            (r".(?:ist|[aeo]m|mm|cid|et|ot|iatr)", "a", "i"),
            (r"..", "io", "i"),
            *((r"..", f"{hard}o", f"{hard}hi") for hard in "cg"),
            *((r"..", f"{hard}a", f"{hard}he") for hard in "cg"),
            (r"..[cg]", "ia", "e"),
            words="ora/ore via/vie ala/ali arma/armi zio/zii dio/dei uomo/uomini tempio/templi "
            "bue/buoi uovo/uova braccio/braccia dito/dita migliaio/migliaia centinaio/centinaia "
            "paio/paia ginocchio/ginocchia osso/ossa labbro/labbra ciglio/ciglia lenzuolo/lenzuola",
        ),
        "de": _rules(
            ("..e|..e[rl]", "", "n"),
            ("..in", "", "nen"),
            ("..nis", "", "se"),
            (r"..[a-z](?<![aeiouyx])(?<!e[rln])|.(?:ier|eer|iel)", "", "e"),
            (r"..[a-z](?<![aeiouysx])(?<!e[rln])|.(?:au|ei|eu)", "", "en"),
            (rf"..[aiouy]|\A[^aeiouys]{{2,4}}|{'|'.join(_GERMAN_IN_S.split())}", "", "s"),
            *(("..", one, "en") for one in ("um", "us", "a")),
            ("..", "um", "a"),
            ("..", "mann", "leute"),
            ("|".join(_GERMAN_IN_ER.split()), "", "er"),
            words="nachbar/nachbarn ungar/ungarn lexikon/lexika",
        ),
    }
)
ENGLISH: Final = "en"

# Words that the endings would take for singular and plural of one another, folded.
SEPARATE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "acoustic/acoustics aesthetic/aesthetics afterward/afterwards aid/aids alway/always "
        "america/americas arm/arms athletic/athletics basi/basis basic/basics beside/besides "
        "blue/blues classic/classics common/commons content/contents custom/customs due/dues "
        "dynamic/dynamics earning/earnings economic/economics electronic/electronics ethic/ethics "
        "general/generals genetic/genetics good/goods graphic/graphics green/greens "
        "gymnastic/gymnastics headquarter/headquarters her/hers humanity/humanities it/its "
        "logistic/logistics mean/means moral/morals new/news odd/odds oman/omen our/ours "
        "oversea/overseas physic/physics politic/politics premise/premises proceed/proceeds "
        "remain/remains rich/riches right/rights robotic/robotics saving/savings second/seconds "
        "security/securities sery/series sometime/sometimes specie/species specific/specifics "
        "thank/thanks their/theirs thi/this thu/thus toward/towards your/yours",
        "es": "afuera/afueras alrededor/alrededores anal/anales ante/antes apena/apenas "
        "bien/bienes celo/celos deber/deberes dio/dios gracia/gracias haber/haberes marte/martes "
        "medio/medios meno/menos mientra/mientras modal/modales moral/morales quiza/quizas "
        "sale/sales ser/seres tra/tras",
        "fr": "apre/apres assise/assises bien/biens corp/corps cour/cours dan/dans foi/fois "
        "fil/fils fond/fonds gen/gens lunette/lunettes mai/mais met/mets moi/mois pari/paris "
        "plu/plus pre/pres san/sans sen/sens sou/sous temp/temps vacance/vacances ver/vers",
        "pt": "ante/antes apena/apenas bem/bens costa/costas deu/deus dever/deveres feria/ferias "
        "graca/gracas haver/haveres jamal/jamais meio/meios meno/menos pai/pais ser/seres",
        "it": "banche/banchi bene/beni borse/borsi carte/carti case/casi colpe/colpi corse/corsi "
        "coste/costi file/fili mete/meti mine/mini mode/modi note/noti pale/pali porte/porti "
        "poste/posti punte/punti sere/seri sole/soli tasse/tassi tavole/tavoli terre/terri "
        "ville/villi",
        "de": "arm/arme arm/armen gut/gute gut/guten gut/guter reich/reiche reich/reichen "
        "schuld/schulden weis/weise weis/weisen",
    }
)
LANGUAGES: Final = tuple(RULES)
BITS: Final = MappingProxyType({tag: 1 << place for place, tag in enumerate(LANGUAGES)})
# Where the language makes no difference.
ALL: Final = (1 << len(LANGUAGES)) - 1
_APART: Final[Mapping[str, Set[frozenset[str]]]] = MappingProxyType(
    {
        language: frozenset(frozenset(pair.split("/")) for pair in pairs.split())
        for language, pairs in SEPARATE.items()
    }
)
_APART_ANYWHERE: Final = frozenset[frozenset[str]]().union(*_APART.values())


NAMES: Final = MappingProxyType(
    dict(
        zip(
            LANGUAGES,
            ["English", "Spanish", "French", "Portuguese", "Italian", "German"],
            strict=True,
        )
    )
)


def bits_of(languages: Iterable[str]) -> int:
    """The bits of several of `LANGUAGES`."""
    return sum({BITS[language] for language in languages})


def rules_for(language: str) -> str:
    """The language, one of `LANGUAGES`, whose rules hold for a language tag such as "es-CR"."""
    base = language.casefold().replace("_", "-").partition("-")[0]
    return base if base in RULES else ENGLISH


@lru_cache(maxsize=5_000)
def forms(word: str) -> Mapping[str, int]:
    """The keys of all words that a term's word finds, with `CAPITAL` where it has to be one.

    With each, the `BITS` of the languages in which it is a form of the word; `ALL` if it is in all.

    Kept, since rules repeat their words: 200 topics are ready in 15 ms, and in 90 without.
    """
    plain = word.removeprefix(CAPITAL)
    found = {plain: ALL, CAPITAL + plain: ALL}
    for language, bit in BITS.items():
        for other in others(plain, language):
            for key in (CAPITAL + other, other) if word == plain else (CAPITAL + other,):
                found[key] = found.get(key, 0) | bit
    return MappingProxyType(found)


def others(plain: str, language: str) -> frozenset[str]:
    """What may be the plural or the singular of a folded word."""
    apart = _APART[language]
    return frozenset(
        each for each in _both(plain, language) if frozenset((plain, each)) not in apart
    )


def others_anywhere(plain: str) -> frozenset[str]:
    """The same by the rules of any language, but for what is apart in one."""
    found = {each for language in LANGUAGES for each in _both(plain, language)}
    return frozenset(each for each in found if frozenset((plain, each)) not in _APART_ANYWHERE)


def apart_from(plain: str, language: str) -> tuple[str, ...]:
    """The words that would be the singular or plural of a folded one, and are other words."""
    pairs = (pair for pair in _APART[language] if plain in pair)
    return tuple(sorted(each for pair in pairs for each in pair - {plain}))


def singulars(plain: str, language: str) -> frozenset[str]:
    """What the word may be the plural of; empty for one that is plainly no plural."""
    return frozenset(_singulars(plain, language)) & others(plain, language)


def _both(plain: str, language: str) -> Iterator[str]:
    if not (plain.isascii() and plain.isalpha()):
        return
    yield from _singulars(plain, language)
    words, endings = RULES[language]
    if other := words.get(plain):
        yield other
    for stem, one, many in endings:
        if plain.endswith(one):
            bare = plain[: len(plain) - len(one)]
            if stem.search(bare):
                yield bare + many


def _singulars(plain: str, language: str) -> Iterator[str]:
    for stem, one, many in RULES[language].endings:
        if plain.endswith(many):
            bare = plain[: -len(many)]
            if stem.search(bare):
                yield bare + one
