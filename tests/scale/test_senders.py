"""Several machines send one edition from one state on a server: everybody gets it, and whatever is
killed, stopped or restarted meanwhile, no more copies go out than messages were in hand then."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Cluster, fresh, programs
from tests.scale.machines import CONNECTIONS, Machine, Site, site
from tidings.state import Server

pytestmark = pytest.mark.scale
SENDER = ("worker", "--role", "send")


def progress(news: Site) -> int:
    """How many messages have arrived."""
    return len(news.mail.letters)


def senders(news: Site, number: int) -> list[Machine]:
    made = [news.machine() for _ in range(number)]
    for each in made:
        each.start(*SENDER)
    return made


def in_hand(news: Site) -> set[str]:
    """The processes that have set something aside."""
    held = "SELECT DISTINCT lease_owner FROM deliveries WHERE lease_owner IS NOT NULL"
    return {str(owner) for (owner,) in news.ask(held)}


def test_two_machines_share_an_edition_and_nobody_gets_it_twice(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=600, delay=0.02) as news:
        news.open_edition()
        one, two = senders(news, 2)
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0
        news.wait(lambda: in_hand(news) == set())
        # What one had set aside, the other did not send.
        numbers = [each.log().count("mail sent") for each in (one, two)]
        assert sum(numbers) >= 1


def kill_and_replace(news: Site, machines: list[Machine], times: int) -> None:
    """Kill a sender that has begun, and start another in its place, as often as that."""
    chance = random.Random(times)
    for _ in range(times):
        before = progress(news)
        news.wait(lambda: progress(news) > before + 5 or news.unsettled() == 0)  # noqa: B023
        victim = chance.choice(machines)
        victim.begun[-1].kill()
        victim.begun[-1].wait()
        victim.start(*SENDER)


@pytest.mark.parametrize(
    ("machines", "kills", "people"),
    [(2, 2, 400), pytest.param(3, 30, 3_000, marks=pytest.mark.slow)],
)
def test_senders_that_are_killed_miss_nobody_and_repeat_what_they_had_in_hand(
    tmp_path: Path, postgres: str, machines: int, kills: int, people: int
) -> None:
    with site(tmp_path, fresh(postgres), people=people, delay=0.01) as news:
        news.open_edition()
        kill_and_replace(news, senders(news, machines), kills)
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() <= kills * CONNECTIONS


@pytest.mark.slow
def test_a_sender_that_hangs_is_replaced_and_does_nothing_when_it_wakes(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=1_500, delay=0.02) as news:
        news.open_edition()
        one, _two = senders(news, 2)
        news.wait(lambda: progress(news) > 100)
        one.begun[-1].send_signal(signal.SIGSTOP)
        # The server ends its session after a minute; what it had set aside is then the other's.
        news.wait(lambda: news.unsettled() == 0)
        one.begun[-1].send_signal(signal.SIGCONT)
        news.wait(lambda: "sending stopped" in one.log() or "failed" in one.log())
        assert news.copies() <= CONNECTIONS


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not (found := programs()):
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("cluster")
    for each in (folder, *folder.parents[:3]):
        each.chmod(0o755)
    made = Cluster(folder, found)
    made.make()
    made.start()
    yield made
    made.stop("immediate")


@pytest.mark.slow
def test_a_database_that_crashes_mid_edition_costs_no_more_than_what_was_in_hand(
    tmp_path: Path, cluster: Cluster
) -> None:
    with site(tmp_path, Server(cluster.address), people=1_500, delay=0.01) as news:
        news.open_edition()
        senders(news, 2)
        news.wait(lambda: progress(news) > 300)
        cluster.stop("immediate")
        before = progress(news)
        cluster.start()
        news.wait(lambda: progress(news) > before and news.unsettled() == 0)
        assert news.copies() <= 2 * CONNECTIONS


def leaders(news: Site) -> list[str]:
    """The processes that lead."""
    query = (
        "SELECT workers.name FROM workers JOIN pg_locks mine ON mine.objid = 1000 + workers.id"
        " JOIN pg_locks lead ON lead.pid = mine.pid AND lead.objid = 5 AND lead.locktype ="
        " 'advisory' AND lead.granted WHERE mine.locktype = 'advisory'"
    )
    return [str(name) for (name,) in news.ask(query)]


def test_one_machine_leads_until_it_is_killed_and_then_another(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=3) as news:
        news.open_edition()
        one, two = news.machine(), news.machine()
        first = one.start()
        news.wait(lambda: len(leaders(news)) == 1)
        two.start()
        news.wait(lambda: "known" in two.log())
        before = leaders(news)
        assert before[0].endswith(f":{first.pid}")
        first.kill()
        first.wait()
        news.wait(lambda: len(leaders(news)) == 1 and leaders(news) != before)
        news.wait(lambda: "worker leads" in two.log())
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0


def test_of_two_configurations_the_newer_leads_and_the_other_waits(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=3) as news:
        news.open_edition()
        old, new = news.machine(), news.machine()
        new.edit("title: News", "title: Other news")
        old.start()
        news.wait(lambda: "worker leads" in old.log())
        new.start()
        news.wait(lambda: "worker leads" in new.log())
        news.wait(lambda: "a newer configuration is in force" in old.log())
        assert "worker leads no more" in old.log()
        told = new.run("status")
        assert "waits, a newer configuration is in force" in told
        assert ": leads, sends" in told
        # What was rolled back is in force again once nobody has the newer one.
        new.begun[0].terminate()
        new.begun[0].wait()
        news.wait(lambda: old.log().count("worker leads\n") == 2)


def test_a_machine_whose_clock_is_an_hour_off_sends_as_the_others_do(
    tmp_path: Path, postgres: str
) -> None:
    with site(tmp_path, fresh(postgres), people=300, delay=0.01) as news:
        news.open_edition()
        one, two = news.machine(), news.machine()
        one.start(*SENDER)
        two.start(*SENDER, hours=1)
        news.wait(lambda: news.unsettled() == 0)
        assert news.copies() == 0
        ((ahead,),) = news.ask("SELECT max(changed_at::timestamptz) > now() FROM deliveries")
        assert ahead is False
