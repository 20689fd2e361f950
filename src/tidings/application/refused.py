"""Items that the servers of some people do not let in, whatever else a message says.

A content filter that refuses one title would refuse each later edition as well, since what failed
stays owed: its readers would never hear from us again. So what was in two messages to somebody that
were refused for their content is left out of the next, which says how many more there are and links
to them; it counts as had once that has arrived. All of this is read from the ledger.

It stands alone, since what opens editions, makes bodies and tells of both has to agree on it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from tidings.core.mail.refusals import of_the_message
from tidings.state import Transaction

# A filter may be mended, or have been wrong, once.
REFUSED = 2


def left_out(
    state: Transaction, digest: str, before: int | None = None
) -> Mapping[str, frozenset[str]]:
    """By address key: the ids of items that were refused to somebody too often.

    `before` is the id of the edition to be made; None if that is one after all that there are.
    """
    messages: dict[str, list[int]] = defaultdict(list)
    for delivery in state.deliveries.turned_down(digest, before):
        if delivery.owed_set is not None and of_the_message(delivery.detail):
            messages[delivery.address.casefold()].append(delivery.owed_set)
    often = {key: sets for key, sets in messages.items() if len(sets) >= REFUSED}
    sets = state.editions.owed_sets({each for some in often.values() for each in some})
    found = {}
    for key, refused in often.items():
        counted = Counter(each.item_id for one in refused for each in sets[one].owed)
        found[key] = frozenset(item for item, times in counted.items() if times >= REFUSED)
    return {key: items for key, items in found.items() if items}
