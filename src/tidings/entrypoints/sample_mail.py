"""Has the templates of an instance make sample mail, in each language and with every branch taken.

What fails with what a mail can say is named, and so is what is undefined in a branch that no sample
mail takes: found by `check`, it puts off nobody's mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from tidings.adapters.templates import Templates
from tidings.adapters.templates.branches import every_branch, undefined_names
from tidings.core.mail.digest import prepare, subject
from tidings.core.mail.samples import SampleMail, sample_mails
from tidings.core.pages.site import site_context
from tidings.core.settings import Mail, Settings
from tidings.errors import FAULTS, DeliveryError, TemplateError
from tidings.model import Digest, Help, Problem

Render = Callable[[str, Mapping[str, object]], str]
SERVICE = "https://news.example/"
_PLACED = re.compile(r"(?s)(\S+\.j2)(?::(\d+))?: (.*) \(([^()]*)\)")


def faults_of(templates: Templates, settings: Settings) -> list[Problem]:
    """Return what is wrong in the templates of digests, each fault once."""
    found = {(each.path, each.line, each.message): each for each in undefined_names(templates)}
    for digest in {each.template: each for each in settings.digests}.values():
        for language in templates.languages:
            for problem in _faults(templates, settings, digest, language):
                found.setdefault((problem.path, problem.line, problem.message), problem)
    return list(found.values())


def _faults(
    templates: Templates, settings: Settings, digest: Digest, language: str
) -> Iterator[Problem]:
    context = site_context(settings)
    served = settings.mail.model_copy(update={"service_url": settings.mail.service_url or SERVICE})
    senders = (settings.mail, served)
    every, missing = every_branch(templates, language)
    plainly = partial(templates.render, language=language)
    for sample in sample_mails(context, digest, settings.topics):
        for sender in senders:
            try:
                _make(sample, sender, plainly, language)
            except TemplateError as error:
                yield _problem(str(error))
            except DeliveryError:
                pass  # the sender's address, of which the configuration is told
            _make_in_silence(sample, sender, every, language)
    for place, line, message in sorted(missing):
        yield Problem(place, line, 0, message, help=Help.TEMPLATE_BROKEN)


def _make(sample: SampleMail, sender: Mail, render: Render, language: str) -> None:
    mail = sample.mail
    for first in (False, True):
        subject(mail.digest, mail.edition.number, sample.items, mail.day, render, first=first)
    prepare(mail, sender, render, language, shared=sample.shared)


def _make_in_silence(sample: SampleMail, sender: Mail, render: Render, language: str) -> None:
    """Make it for what is noted meanwhile: with branches taken that are not for it, it may fail."""
    with suppress(TemplateError, DeliveryError, *FAULTS):
        _make(sample, sender, render, language)


def _problem(told: str) -> Problem:
    found = _PLACED.fullmatch(told)
    if not found:
        return Problem("templates", 0, 0, told, help=Help.TEMPLATE_BROKEN)
    place, line, message, hint = found.groups()
    return Problem(place, int(line or 0), 0, message, hint, help=Help.TEMPLATE_BROKEN)
