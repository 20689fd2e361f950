"""The nouns: frozen values that every layer speaks of. All instants are aware and in UTC."""

from __future__ import annotations

from tidings.model.decisions import (
    Decision,
    NearMiss,
    Verdict,
)
from tidings.model.digests import (
    Cadence,
    Delivery,
    DeliveryState,
    Digest,
    Edition,
    Owed,
    OwedSet,
    Recipient,
    RecipientState,
)
from tidings.model.examples import Example, Taught
from tidings.model.findings import Finding, Level
from tidings.model.items import (
    Changes,
    Item,
    Listing,
    Retraction,
    Revision,
    SeedRef,
    Sighting,
    Text,
)
from tidings.model.people import (
    ALL,
    Application,
    Choice,
)
from tidings.model.problems import (
    Problem,
    Severity,
)
from tidings.model.topics import (
    Cause,
    Evidence,
    Field,
    Near,
    Rule,
    RuleTest,
    Term,
    Topic,
)

__all__ = [
    "ALL",
    "Application",
    "Cadence",
    "Cause",
    "Changes",
    "Choice",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Digest",
    "Edition",
    "Evidence",
    "Example",
    "Field",
    "Finding",
    "Item",
    "Level",
    "Listing",
    "Near",
    "NearMiss",
    "Owed",
    "OwedSet",
    "Problem",
    "Recipient",
    "RecipientState",
    "Retraction",
    "Revision",
    "Rule",
    "RuleTest",
    "SeedRef",
    "Severity",
    "Sighting",
    "Taught",
    "Term",
    "Text",
    "Topic",
    "Verdict",
]
