"""What is no part of a summary: links to the full text, tags, counters, pagers, captions."""

from __future__ import annotations

from tests.unit.core.listings.kinds import (
    Case,
    Entry,
    days,
    each_is_right_or_held,
    listing,
    stories,
    written,
)

MORE = {
    "en": (
        "Read more",
        "Continue reading →",
        "Read full story",
        "[Read more](/a)",
        "More »",
        "Learn more >",
    ),
    "es": (
        "Leer más",
        "Seguir leyendo →",
        "Ver más",
        "[Leer noticia completa](/a)",
        "Más información",
    ),
    "de": ("Weiterlesen", "Mehr lesen »", "mehr …", "[Zum Artikel](/a)", "Mehr erfahren"),
    "fr": ("Lire la suite", "En savoir plus", "[Lire l'article](/a)", "Voir plus »"),
    "pt": ("Leia mais", "Saiba mais »", "Continuar a ler", "[Ler mais](/a)"),
    "it": ("Leggi tutto", "Continua a leggere →", "[Leggi di più](/a)", "Scopri di più"),
    "nl": ("Lees meer", "Lees verder »", "[Meer lezen](/a)"),
    "pl": ("Czytaj więcej", "Czytaj dalej »", "[Zobacz więcej](/a)", "Więcej"),
    "ru": ("Читать далее", "Подробнее »", "[Читать полностью](/a)"),
    "tr": ("Devamını oku", "Devamı »", "[Devamını okuyun](/a)", "Daha fazla"),
    "ja": ("続きを読む", "もっと見る", "[詳しくはこちら](/a)", "詳細はこちら"),
    "zh": ("阅读更多", "查看更多", "[阅读全文](/a)", "查看详情", "更多>>"),
    "ko": ("더 보기", "자세히 보기", "[더보기](/a)", "계속 읽기"),
    "th": ("อ่านต่อ", "อ่านเพิ่มเติม", "[ดูเพิ่มเติม](/a)"),
    "hi": ("और पढ़ें", "आगे पढ़ें", "[अधिक पढ़ें](/a)"),
    "fi": ("Lue lisää", "Lue koko artikkeli »", "[Jatka lukemista](/a)"),
    "sv": ("Läs mer", "Läs hela artikeln »", "[Fortsätt läsa](/a)"),
    "cs": ("Číst více", "Více informací »", "[Celý článek](/a)", "Číst dál"),
    "vi": ("Xem thêm", "Đọc tiếp »", "[Xem chi tiết](/a)", "Đọc thêm"),
    "el": ("Διαβάστε περισσότερα", "Περισσότερα »", "[Συνέχεια](/a)"),
    "ar": ("اقرأ المزيد", "المزيد", "[قراءة المزيد](/a)", "تابع القراءة"),
}
OTHER_MORE = {
    "da": ("Læs mere", "Læs videre »"),
    "nb": ("Les mer", "Les hele saken »"),
    "hu": ("Tovább olvasom", "Bővebben »", "Részletek"),
    "ro": ("Citește mai mult", "Citiți mai departe »", "Vezi detalii"),
    "uk": ("Читати далі", "Докладніше »", "Детальніше"),
    "bg": ("Прочетете още", "Виж повече »"),
    "hr": ("Pročitaj više", "Opširnije »"),
    "sk": ("Čítať ďalej", "Viac informácií »"),
    "sl": ("Preberi več", "Več »"),
    "id": ("Baca selengkapnya", "Selengkapnya »"),
    "ca": ("Llegir més", "Més informació »"),
    "he": ("קרא עוד", "המשך קריאה »"),
    "fa": ("ادامه مطلب", "بیشتر بخوانید »"),
    "et": ("Loe edasi", "Loe lähemalt »"),
    "lt": ("Skaityti daugiau", "Plačiau »"),
    "lv": ("Lasīt vairāk", "Uzzināt vairāk »"),
    "eu": ("Irakurri gehiago",),
    "gl": ("Ler máis",),
    "sw": ("Soma zaidi",),
    "bn": ("আরও পড়ুন", "বিস্তারিত"),
    "sr": ("Прочитај више", "Opširnije"),
}

READ_MORE = (
    [
        listing(
            f"{more} on a line of its own is no part of texts in {language}",
            language,
            "{day}\n{title}\n{text}\n" + more + "\n\n",
            day="long",
        )
        for language, phrases in MORE.items()
        for more in phrases
    ]
    + [
        listing(
            f"{more} at the end of a text is no part of it in {language}",
            language,
            "{title}\n{day}\n{text} " + more + "\n\n",
            day="long",
        )
        for language, phrases in MORE.items()
        for more in phrases[:2]
    ]
    + [
        listing(
            f"{more} below texts in another language is no part of them, {language}",
            "en",
            "{title}\n\n{day}\n\n{text}\n\n" + more + "\n\n\n",
        )
        for language, phrases in OTHER_MORE.items()
        for more in phrases
    ]
    + [
        listing(
            "a link to the full text with a title of its own is no part of texts",
            "en",
            '{title}\n{day}\n{text}\n[Read more](/a "{title}")\n\n',
        ),
        listing(
            "a link to the full text that names the story is no part of texts",
            "de",
            "{day}\n\n### {title}\n\n{text}\n\n[Weiterlesen: {title}](/a/{number})\n\n",
        ),
        listing(
            "a link to the full text in brackets behind dots is no part of texts",
            "es",
            "{day}\n{title}\n{half} [...] [Leer más](/a/{number})\n\n",
            summary=None,
        ),
    ]
)

TAGS = [
    listing(
        "tags below texts",
        "en",
        "{title}\n{day}\n{text}\nTags: harbour, {tag}\n\n",
        tag=("ferry", "school", "road"),
    ),
    listing(
        "tags of hash signs below texts",
        "es",
        "{title}\n{day}\n{text}\n#{tag} #pueblo\n\n",
        tag=("obras", "cultura", "agua"),
    ),
    listing(
        "links of tags below texts",
        "en",
        "### [{title}](/n/{number})\n\n{day}\n\n{text}\n\n[{tag}](/t/{tag}) [news](/t/news)\n\n",
        tag=("ferry", "school", "road"),
    ),
    listing(
        "keywords below texts",
        "de",
        "{day}\n{title}\n{text}\nSchlagwörter: {tag}\n\n",
        tag=("Sport", "Verkehr", "Ehrenamt"),
    ),
    listing(
        "categories below texts",
        "fr",
        "{day}\n{title}\n{text}\nCatégorie : {tag}\n\n",
        tag=("Sport", "Jardins", "Mairie"),
    ),
]

COUNTERS = [
    listing("comments below texts", "en", "{title}\n{day}\n{text}\n{number} comments\n\n"),
    listing(
        "no comments and views below texts",
        "es",
        "{title}\n{day}\n{text}\nSin comentarios\n{number}34 vistas\n\n",
    ),
    listing(
        "reading times below dates", "de", "{title}\n{day}\n{number} Min. Lesezeit\n{text}\n\n"
    ),
    listing("share words below texts", "fr", "{title}\n{day}\n{text}\nPartager\n\n"),
    listing(
        "a row of share words below texts",
        "en",
        "{title}\n{day}\n{text}\nShare | Tweet | Email\n\n",
    ),
    listing("bare counters below texts", "pt", "{day}\n{title}\n{text}\n{number}7\n\n"),
    listing(
        "comments in Russian below texts",
        "ru",
        "{day}\n{title}\n{text}\nКомментариев: {number}\n\n",
    ),
]

PAGERS = [
    listing(
        "a pager of numbers below the last text",
        "en",
        "{day}\n{title}\n{text}\n\n",
        bottom="1 2 3 … 14 Next »\n",
    ),
    listing(
        "a pager of words below the last text",
        "de",
        "{title}\n{day}\n{text}\n\n",
        bottom="\n« Zurück | Seite 1 von 12 | Weiter »\n",
    ),
    listing(
        "a pager on lines below the last text",
        "es",
        "{title}\n{day}\n{text}\n\n",
        bottom="1\n2\n3\n4\nSiguiente\n",
    ),
    listing(
        "older posts below the last text",
        "en",
        "## {title}\n\n{day}\n\n{text}\n\n",
        bottom="[← Older posts](/page/2)\n",
    ),
    listing(
        "a button for more below the last text",
        "fr",
        "{day}\n{title}\n{text}\n\n",
        bottom="Charger plus d'articles\n",
    ),
    listing(
        "results counted below the last text",
        "it",
        "{day}\n{title}\n{text}\n\n",
        bottom="Pagina 1 di 9\nSuccessiva\n",
    ),
]

NEXT_SECTION = [
    listing(
        "a heading of the next section below the last text",
        "en",
        "{day}\n{title}\n{text}\n\n",
        bottom="\nRelated links\n\nPress office\nAnnual reports\n",
    ),
    listing(
        "a marked heading of the next section below the last text",
        "de",
        "### {title}\n\n{day}\n\n{text}\n\n",
        bottom="## Newsletter\n\nBleiben Sie auf dem Laufenden\n",
    ),
    listing(
        "addresses of a footer below the last text",
        "es",
        "{title}\n{day}\n{text}\n\n",
        bottom="\nContacto\nAviso legal\nMapa del sitio\n© 2024 Ayuntamiento de Valdehierro\n",
    ),
    listing(
        "a footer of links below the last text",
        "fr",
        "{title}\n\n{day}\n\n{text}\n\n",
        bottom="[Mentions légales](/m) | [Plan du site](/p) | [Contact](/c)\n",
    ),
    listing(
        "an advertisement between entries",
        "en",
        "{title}\n{day}\n{text}\n{ad}\n",
        ad=("", "", "Advertisement\n", ""),
    ),
]


def _sections() -> Case:
    told = list(zip(stories("en"), days(9), strict=False))
    write, parts = written("d MMMM y", "en"), []
    for number, ((title, text), when) in enumerate(told):
        if number % 3 == 0:
            parts.append(f"{('Town', 'Schools', 'River')[number // 3]}\n\n")
        parts.append(f"{write(when)}\n{title}\n{text}\n\n")
    entries = tuple(Entry(title, when, text) for (title, text), when in told)
    return Case("headings of sections between entries", "".join(parts), entries)


NEXT_SECTION.append(_sections())

CAPTIONS = [
    listing(
        "captions below texts",
        "en",
        "{title}\n{day}\n{text}\nPhoto: {who}\n\n",
        who=("R. Hale", "town archive", "R. Hale"),
    ),
    listing(
        "captions in brackets below texts",
        "de",
        "{title}\n{day}\n{text}\n(Foto: {who})\n\n",
        who=("Holt", "Stadtarchiv", "privat"),
    ),
    listing(
        "pictures with captions above texts",
        "es",
        "{title}\n{day}\n![{title}](/f/{number}.jpg)\n{text}\n\n",
    ),
    listing(
        "captions below dates",
        "fr",
        "{title}\n{day}\nCrédit photo : {who}\n{text}\n\n",
        who=("J. Perrin", "Mairie", "J. Perrin"),
    ),
]

test_each_is_read_right_or_held = each_is_right_or_held(
    READ_MORE, TAGS, COUNTERS, PAGERS, NEXT_SECTION, CAPTIONS
)
