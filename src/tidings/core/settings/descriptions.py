"""What each setting is, in a sentence: the hover text of editors, by way of the JSON Schema.

A setting goes by its path, without the names and the numbers that administrators choose: `any` of
every topic is `topics.any`. A test holds this table and the shapes together.
"""

from __future__ import annotations

from typing import Final

DESCRIPTIONS: Final[dict[str, str]] = {
    # tidings.yaml
    "site": "What is published, and who answers for it.",
    "site.id": "A domain of yours, a comma and a year. All permanent ids derive from it "
    "(RFC 4151): never change it.",
    "site.title": "What the site is called.",
    "site.about": "One sentence on the site, on its first page and in the feed of everything.",
    "site.url": "Where feeds/ is served. Full addresses in feeds and mails begin with it.",
    "site.language": "Of the texts and the pages, and of mails that name no other.",
    "site.time_zone": "Days begin, and digests fall due, by this clock.",
    "site.author": "Who answers for the feeds.",
    "site.author.name": "Who answers for the feeds.",
    "site.author.email": "Where they read mail; it stands on every page.",
    "sources": "Which files are listings, and how they are read.",
    "sources.path": "A pattern of files, relative to the instance. * stays within a folder, ** "
    "spans folders.",
    "sources.language": "Of the listings. All but English put the day first in numeric dates. "
    "Inferred unless given.",
    "sources.languages": "Those whose names of months and days are looked for first; the usual "
    "twelve unless given.",
    "sources.date_order": "Day or month first, where neither the files nor their language settle "
    "numeric dates.",
    "sources.example": "The first entry of a listing as it should be read, as printed by tidings "
    "parse FILE --first TITLE. It decides how the files are read in which its title stands.",
    "sources.example.title": "The title of the first entry.",
    "sources.example.published": "Its day. With last or entries, none says that it has no date.",
    "sources.example.last": "The title of the last entry.",
    "sources.example.entries": "How many entries there are.",
    "sources.layout": "The only layout that is read, whatever the confidence. Inferred unless "
    "given: see tidings parse.",
    "sources.threshold": "From 0 to 1: a file publishes nothing if it is less sure than this that "
    "all of it is read right.",
    "sources.encoding": "What files that are not UTF-8 are read in.",
    "sources.category": "For every entry of the source that names none of its own.",
    "sources.removed": "What becomes of an entry that is gone from its file: it stays published or "
    "is taken back.",
    "feeds": "How much a feed holds.",
    "feeds.limit": "A feed holds so many of the newest items, with those of the latest changes.",
    "feeds.max": "A feed never holds more than so many.",
    "state": "The state file: three slashes and a path in the instance, four and an absolute one.",
    "mail": "Who sends mail, and by which way.",
    "mail.from": "The sender, as Name <address>. The site's author unless given.",
    "mail.transport": "file: and a folder that messages are written into, or a mail server: "
    "smtp:// (STARTTLS, port 587) or smtps:// (TLS, port 465). Never with a password.",
    "mail.reply_to": "Where answers go, if not to the sender.",
    "mail.unsubscribe": "A mailto: address that takes people off the list.",
    "mail.postal_address": "Stands at the end of every message; may have several lines.",
    "mail.service_url": "Where tidings serve is reached from outside: with it, every message has "
    "links to pause, change and leave.",
    "mail.connections": "To a mail server at a time.",
    "mail.rate": "The most messages in a time.",
    "mail.expires": "What an edition has not sent after this time fails.",
    "mail.in_doubt": "A message that may have arrived or not is sent again under the same "
    "Message-ID, or held until somebody decides.",
    "worker": "How the worker works.",
    "worker.every": "How often seeds/ is looked at.",
    "worker.log": "The form of the log: lines of text, or a JSON object a line.",
    "worker.heartbeat": "Called after each round; at /fail below it when something is wrong.",
    "worker.alerts": "Who gets mail when something stays wrong, and when it is over.",
    "worker.alert_after": "So many rounds in a row have to fail before the operator is told.",
    "privacy": "What is remembered of people.",
    "privacy.keep": "How long is remembered who has left, and who never confirmed.",
    "limits": "How large listings may be.",
    "limits.file": "Larger listing files are refused.",
    "limits.line": "Files with longer lines are refused.",
    # topics.yaml
    "aliases": "Groups of spellings that mean the same, for all topics.",
    "topics": "What people can follow, in this order: one feed and one page each.",
    "topics.*": "A topic. Its name stands in addresses: do not change it later.",
    "topics.title": "What the topic is called.",
    "topics.about": "One sentence on the topic, for its readers.",
    "topics.was": "Names that the topic had: their addresses lead here.",
    "topics.note": "What administrators tell one another. Readers never see it.",
    "topics.any": "At least one of these terms must be found, in the title or the summary. A term "
    "is a word, a phrase, prefix*, =Exact, title:term, summary:term, or fair ~8 work.",
    "topics.all": "All of these terms must be found.",
    "topics.none": "None of these terms may be found.",
    "topics.source": "Only items from files that one of these patterns names.",
    "topics.after": "Only items dated on this day or later.",
    "topics.before": "Only items dated before this day.",
    "topics.pin": "Items that are in, whatever the rule says: ids, or names of their pages.",
    "topics.ban": "Items that are out, whatever the rule says: ids, or names of their pages.",
    "topics.tests": "Headlines that the rule is tried on: near misses teach most.",
    "topics.tests.match": "Headlines that must fall under the topic.",
    "topics.tests.match.title": "The headline.",
    "topics.tests.match.summary": "The text below it.",
    "topics.tests.no_match": "Headlines that must not fall under the topic.",
    "topics.tests.no_match.title": "The headline.",
    "topics.tests.no_match.summary": "The text below it.",
    # digests.yaml
    "digests": "What is mailed, when, and to which lists.",
    "digests.*": "A digest. Its name stands in addresses and folders.",
    "digests.title": "What the digest is called.",
    "digests.topics": "all, which includes items in no topic, or a list of topics in the order of "
    "the mail.",
    "digests.cadence": "How often the digest comes, and when.",
    "digests.cadence.every": "day, week, month, or immediate: as soon as there is news, at most "
    "every 15 minutes.",
    "digests.cadence.on": "The day: monday to sunday of a week; 1 to 28, or last, of a month.",
    "digests.cadence.at": "The time of day, in the site's time zone.",
    "digests.catch_up": "How late a missed edition is still made up for: until the next one unless "
    "given.",
    "digests.lists": "Lists of recipients.yaml.",
    "digests.history": "Whether what is known already, when a digest or topic is first seen or a "
    "rule is edited, is passed over or mailed.",
    "digests.max_items": "So many new items are printed. The mail says how many more there are.",
    "digests.subscribe": "Whether people may subscribe by themselves.",
    "digests.public": "Whether its editions have pages that everybody can read.",
    "digests.language": "Of its mails; the site's unless given.",
    "digests.template": "The folder of its templates in templates/.",
    # recipients.yaml
    "lists": "Who gets digests, list by list.",
    "lists.*": "A list: addresses, or {from: partners.csv} for a table beside this file.",
    "lists.from": "A CSV file in config/ with the columns address, name, topics, language, "
    "paused, shared.",
    "lists.address": "A mail address. Upper and lower case make no difference.",
    "lists.name": "In the To header.",
    "lists.topics": "Of the digest's topics, those that they want: all unless given.",
    "lists.language": "Of their mails; the digest's unless given.",
    "lists.start": "Which editions count as theirs: from now on, those of a span back, or "
    "everything.",
    "lists.paused": "true sends them nothing until it is gone.",
    "lists.shared": "true for a group address, which several people read: its mail has no link to "
    "leave. false says that one person reads an address which looks like a group's.",
}

EXAMPLES: Final[dict[str, tuple[object, ...]]] = {
    "site.id": ("news.example.org,2026",),
    "site.url": ("https://news.example.org/",),
    "site.language": ("en", "es", "es-CR"),
    "site.time_zone": ("America/Costa_Rica", "Europe/Berlin", "UTC"),
    "sources.path": ("seeds/*.txt", "seeds/**/*.txt"),
    "sources.example.published": ("2026-03-31",),
    "state": ("sqlite:///state/tidings.db",),
    "mail.from": ("Regional news desk <news@example.org>",),
    "mail.transport": ("file:outbox", "smtp://user@mail.example.org"),
    "mail.unsubscribe": ("mailto:leave@example.org",),
    "mail.rate": ("20/s", "600/min", "1000/h"),
    "mail.expires": ("5d", "12h"),
    "worker.every": ("15s", "1m"),
    "worker.heartbeat": ("https://watch.example.org/ping/4f1c",),
    "worker.alerts": ("ops@example.org",),
    "limits.file": ("8MiB",),
    "limits.line": ("64KiB",),
    "aliases": ([["labour", "labor"]],),
    "topics.any": (["fair recruitment", "recruit*", "=IRIS", "title:hub", "fair ~8 work"],),
    "topics.source": ("seeds/partners-*.txt",),
    "topics.after": ("2026-03-31", "2026"),
    "topics.before": ("2026-03-31", "2026"),
    "digests.topics": ("all",),
    "digests.cadence.at": ("08:00",),
    "digests.catch_up": ("12h", "2d"),
    "lists.from": ("partners.csv",),
    "lists.address": ("ana@example.org",),
    "lists.start": ("now", "everything", "2w"),
}
