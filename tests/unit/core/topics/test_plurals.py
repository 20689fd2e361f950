"""Singular and plural, by the rules of each language."""

from __future__ import annotations

import pytest

from tests.builders import item
from tidings.core.topics import Languages, Matcher, parse_term
from tidings.core.topics.plurals import LANGUAGES, SEPARATE, forms, others, rules_for
from tidings.model import Rule, Text, Topic

PLURALS = {
    "en": "cv/cvs ngo/ngos fisherman/fishermen wife/wives midwife/midwives knife/knives life/lives "
    "policy/policies agency/agencies movie/movies tie/ties class/classes business/businesses "
    "process/processes box/boxes tax/taxes axe/axes approach/approaches cache/caches brush/brushes "
    "campus/campuses bus/buses virus/viruses use/uses cause/causes house/houses hero/heroes "
    "shoe/shoes photo/photos prize/prizes site/sites visa/visas hub/hubs woman/women "
    "child/children schoolchild/schoolchildren crisis/crises analysis/analyses basis/bases "
    "base/bases migrante/migrantes iraqi/iraqis menu/menus taxi/taxis tv/tvs day/days leaf/leaves "
    "leave/leaves quiz/quizzes criterion/criteria referendum/referenda index/indices "
    "index/indexes gas/gases "
    "lens/lenses foot/feet ox/oxen country/countries spokeswoman/spokeswomen shelf/shelves",
    "es": "trabajador/trabajadores ley/leyes voz/voces pais/paises mes/meses nacion/naciones "
    "mujer/mujeres migrante/migrantes ong/ongs club/clubes ingles/ingleses red/redes plan/planes "
    "gas/gases via/vias taller/talleres autobus/autobuses laboral/laborales derecho/derechos",
    "fr": "travailleur/travailleurs travail/travaux journal/journaux bateau/bateaux jeu/jeux "
    "lieu/lieux bijou/bijoux local/locaux loi/lois oeil/yeux noyau/noyaux feu/feux mal/maux an/ans "
    "oiseau/oiseaux niveau/niveaux cheval/chevaux detail/details",
    "pt": "trabalhador/trabalhadores nacao/nacoes homem/homens animal/animais papel/papeis "
    "azul/azuis civil/civis facil/faceis pais/paises mulher/mulheres pao/paes mao/maos fim/fins "
    "lei/leis vez/vezes legal/legais hotel/hoteis jovem/jovens lencol/lencois mes/meses",
    "it": "lavoratore/lavoratori lavoro/lavori donna/donne banca/banche lago/laghi medico/medici "
    "tedesco/tedeschi studio/studi problema/problemi giornalista/giornalisti provincia/province "
    "legge/leggi paese/paesi migrante/migranti uomo/uomini operaio/operai paga/paghe via/vie "
    "persona/persone giornalista/giornaliste spiaggia/spiagge",
    "de": "grenze/grenzen arbeiterin/arbeiterinnen gesetz/gesetze migrant/migranten frau/frauen "
    "kind/kinder schulkind/schulkinder stadt/stadte haus/hauser zentrum/zentren visum/visa "
    "firma/firmen arbeit/arbeiten steuer/steuern recht/rechte auto/autos ngo/ngos papier/papiere "
    "ziel/ziele partei/parteien job/jobs mensch/menschen fluchtling/fluchtlinge "
    "kaufmann/kaufleute zeugnis/zeugnisse lkw/lkws nachbar/nachbarn ausweis/ausweise "
    "training/trainings fall/falle virus/viren zahl/zahlen thema/themen land/lander",
}
# What looks like it, and is another word, or none.
NONE = {
    "en": "us/use us/uses it/its wa/was ha/has hi/his a/as bus/bu base/basis july/julie mary/marie "
    "plan/plane car/care site/sit government/governance intern/international princess/princes "
    "go/goes do/does the/these kin/kind",
    "es": "los/lo no/nos mas/ma es/e",
    "fr": "al/aux mail/maux le/les de/des",
    "pt": "mal/mais mail/mais mao/maes no/nos",
    "it": "case/casi dalla/dallas",
    "de": "arbeit/arbeiter recht/rechts",
}


def pairs(given: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (language, *pair.split("/"))  # type: ignore[misc]
        for language, words in given.items()
        for pair in words.split()
    ]


@pytest.mark.parametrize(("language", "one", "many"), pairs(PLURALS))
def test_singular_and_plural_find_each_other(language: str, one: str, many: str) -> None:
    assert many in others(one, language)
    assert one in others(many, language)


@pytest.mark.parametrize(("language", "one", "other"), pairs(NONE))
def test_other_words_do_not(language: str, one: str, other: str) -> None:
    assert other not in others(one, language)
    assert one not in others(other, language)


@pytest.mark.parametrize(("language", "one", "other"), pairs(dict(SEPARATE)))
def test_words_that_are_kept_apart_would_be_taken_for_each_other_without_it(
    language: str, one: str, other: str
) -> None:
    assert other not in others(one, language)
    assert one not in others(other, language)
    assert one.isascii()
    assert one == one.lower()


def test_the_words_that_are_kept_apart_stand_in_order_and_each_once() -> None:
    assert SEPARATE.keys() == set(LANGUAGES)
    for words in SEPARATE.values():
        given = words.split()
        assert len(given) == len(set(given))


def test_a_capital_in_the_term_asks_for_one_in_the_other_form() -> None:
    assert {"lagos", "^lagos", "^lago"} <= forms("^lagos").keys()
    assert "lago" not in forms("^lagos")
    assert {"lagos", "^lagos", "lago", "^lago"} <= forms("lagos").keys()


@pytest.mark.parametrize(
    ("tag", "rules"),
    [("es-CR", "es"), ("pt_BR", "pt"), ("DE", "de"), ("nl", "en"), ("", "en"), ("zh-Hans", "en")],
)
def test_a_language_without_rules_has_those_of_english(tag: str, rules: str) -> None:
    assert rules_for(tag) == rules


def taken(term: str, title: str, languages: Languages = Languages()) -> bool:  # noqa: B008
    matcher = Matcher([Topic("t", "T", "", Rule(any=(parse_term(term),)))], (), languages)
    return bool(matcher.topics_of(item(Text(title))))


@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("trabajador", "Trabajadores agrícolas protestan"),
        ("trabajadores", "Un trabajador de la costa"),
        ("trabajador migrante", "Trabajadores migrantes"),
        ("CV", "How to write CVs"),
        ("cv", "How to write CVs"),
        ("fisherman", "Fishermen strike"),
        ("wife", "The wives of the crew"),
        ("human right", "The human right to water"),
        ("Lagos", "A night in LAGOS and lagos"),
        ("Dallas", "dallas"),
        ("travail", "Les travaux du port"),
        ("journaux", "Un journal pour les marins"),
        ("trabalhador", "Os trabalhadores do porto e da cidade"),
        ("lavoratore", "I lavoratori del porto e della città"),
        ("Arbeiterin", "Die Arbeiterinnen der Werft"),
        ("Kind", "Mehr Plätze für die Kinder der Stadt"),
    ],
)
def test_these_are_found(term: str, title: str) -> None:
    assert taken(term, title)


@pytest.mark.parametrize(
    ("term", "title"),
    [
        ("rights", "The right time to sow"),
        ("right", "Rights of the sea"),
        ("goods", "A good harvest"),
        ("customs", "An old custom of the coast"),
        ("security", "The market for securities"),
        ("Lagos", "Un paseo por el lago de la ciudad"),
        ("Dallas", "La vista dalla torre della città"),
        ("plan", "Los planes and the plane of the army"),
        ("IT", "Its harbour"),
        ("US", "Uses of the sea"),
        ("Arbeit", "Wir arbeiten mit der Stadt für das Meer"),
        ("Arbeit", "Die Arbeiter der Werft und der Stadt"),
    ],
)
def test_these_are_not_found(term: str, title: str) -> None:
    assert not taken(term, title)


def test_a_source_says_in_which_language_its_news_is() -> None:
    title = "Normas nuevas: plan, planes"
    assert not taken("norma ~0 plan nueva", title)
    assert taken("norma nuevas", title)
