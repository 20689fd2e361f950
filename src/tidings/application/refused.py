"""Items that the servers of some people do not let in, whatever else a message says.

A content filter that refuses one title would refuse each later edition as well, since what failed
stays owed: its readers would never hear from us again. So what was in two messages to somebody that
were refused for their content is left out of the next, which says how many more there are and links
to them; it counts as had once that has arrived. All of this is read from the ledger.

It stands alone, since what opens editions, makes bodies and tells of both has to agree on it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tidings.core.mail.refusals import of_the_message
from tidings.model import address_key
from tidings.state import Transaction

# A filter may be mended, or have been wrong, once.
REFUSED = 2


def left_out(
    state: Transaction, slugs: Sequence[str], before: int | None = None
) -> Mapping[str, frozenset[str]]:
    """By address key: the ids of items that were refused to somebody too often, in digests that
    are one now.

    `before` is the id of the edition to be made; None if that is one after all that there are.
    """
    messages: dict[str, list[int]] = defaultdict(list)
    for delivery in state.deliveries.turned_down(slugs, before):
        if delivery.owed_set is not None and of_the_message(delivery.detail):
            messages[address_key(delivery.address)].append(delivery.owed_set)
    often = {key: sets for key, sets in messages.items() if len(sets) >= REFUSED}
    sets = {each for some in often.values() for each in some}
    # What a message only counts, no filter has seen.
    seen = {each: state.deliveries.printed([each]) for each in sets}
    found = {}
    for key, refused in often.items():
        counted = Counter(item_id for each in refused for item_id in seen[each])
        found[key] = frozenset(item for item, times in counted.items() if times >= REFUSED)
    return {key: items for key, items in found.items() if items}
