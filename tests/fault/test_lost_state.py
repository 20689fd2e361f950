"""A state that is lost, damaged or old is noticed before anybody can see it, with what to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import call, fresh, instance, once, sample, sample_after_run
from tests.fault import lost_state
from tests.fault.crashing import Crash, CrashingStore, Failpoint, dealt_out, run_once
from tests.fault.lost_state import (
    LATER,
    SPOILT,
    WITNESS,
    Spoil,
    add_news,
    assert_nothing_twice,
    copy_of_state,
    edit,
    outbox,
    put_back,
    run,
    untouched,
)
from tests.sampling import parts
from tidings.application.restore import accept
from tidings.entrypoints import wiring
from tidings.entrypoints.doctor import examine
from tidings.errors import StoreError
from tidings.model import Level
from tidings.state import RollbackGuard, Store, health, new_lineage

__all__ = ["fresh", "instance", "sample", "sample_after_run"]

ACCEPT = "`tidings state accept`"
NOW = lost_state.at(LATER)


@pytest.fixture(scope="session")
def older(sample_after_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance whose state is a copy from before its second edition, untouched."""

    def make(folder: Path) -> None:
        shutil.copytree(sample_after_run, folder, copy_function=shutil.copy2)
        add_news(folder, "second", "Permits are extended")
        assert run(folder).returncode == 0
        put_back(folder, sample_after_run / "state")

    return once(tmp_path_factory, "older", make)


@pytest.fixture
def old(older: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(older, tmp_path / "old", copy_function=shutil.copy2))


def refused(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def _name(value: object) -> str:
    return getattr(value, "__name__", "")


def write_something(store: Store) -> None:
    with store.writing() as state:
        state.remember("anything", "at all")


# --- Refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoil", "sentence"), SPOILT.items(), ids=_name)
def test_a_spoilt_state_is_refused_in_words_and_nothing_is_touched(
    instance: Path, spoil: Spoil, sentence: str
) -> None:
    add_news(instance, "second", "Permits are extended")
    spoil(instance / "state" / "tidings.db")
    before = untouched(instance)
    done = run(instance)
    refused(done, sentence)
    assert "upgrade Tidings" in done.stderr or ACCEPT in done.stderr or "config/" in done.stderr
    assert untouched(instance) == before


def test_a_state_that_stands_as_we_left_it_is_not_read_whole_again_on_the_same_day(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = instance / "state" / "tidings.db"
    assert run(instance).returncode == 0
    looked: list[Path] = []
    monkeypatch.setattr(health, "check_pages", lambda path, engine: looked.append(path))
    wiring.open_state(wiring.load_instance(instance, os.environ)).close()
    assert looked == []
    os.utime(state, ns=(0, state.stat().st_mtime_ns + 1))
    wiring.open_state(wiring.load_instance(instance, os.environ)).close()
    assert looked == [state]
    monkeypatch.setattr(health, "CHECKED_EVERY_NS", 0)
    wiring.open_state(wiring.load_instance(instance, os.environ)).close()
    assert looked == [state, state]


def test_a_flipped_page_is_found_wherever_it_is_before_anything_is_done(instance: Path) -> None:
    state = instance / "state" / "tidings.db"
    edit(instance, "VACUUM")  # no page that is free, and may hold anything
    whole, loaded = state.read_bytes(), wiring.load_instance(instance, os.environ)
    for page in range(len(whole) // 4096):
        here = slice(page * 4096, (page + 1) * 4096)
        flipped = bytearray(whole)
        flipped[here] = bytes(byte ^ 0xFF for byte in whole[here])
        state.write_bytes(flipped)
        with pytest.raises(StoreError, match="damaged"):
            wiring.open_state(loaded)
    state.write_bytes(whole)
    assert run(instance).returncode == 0


@pytest.mark.parametrize("spoil", [lost_state.missing, lost_state.header_garbled], ids=_name)
@pytest.mark.parametrize("verb", ["worker", "status"])
def test_so_it_is_by_other_verbs(instance: Path, spoil: Spoil, verb: str) -> None:
    spoil(instance / "state" / "tidings.db")
    before = untouched(instance)
    refused(call(instance, verb), SPOILT[spoil])
    assert untouched(instance) == before


@pytest.mark.parametrize(("spoil", "sentence"), SPOILT.items(), ids=_name)
def test_doctor_and_whoever_looks_say_the_same_of_a_spoilt_state_and_touch_nothing(
    instance: Path, spoil: Spoil, sentence: str
) -> None:
    spoil(instance / "state" / "tidings.db")
    before = untouched(instance)
    wrong = [found for found in examine(instance, os.environ, NOW) if found.level is Level.WRONG]
    assert [found.check for found in wrong if sentence in found.message] == ["state"]
    [told] = [found for found in wrong if found.check == "state"]
    remedies = ("upgrade Tidings", ACCEPT, "config/")
    assert any(remedy in told.remedy for remedy in remedies)
    with (
        pytest.raises(StoreError, match=re.escape(sentence)),
        wiring.look_at_state(wiring.load_instance(instance, os.environ)),
    ):
        pass
    assert untouched(instance) == before


def test_doctor_says_that_an_older_state_is_held(old: Path) -> None:
    before = untouched(old)
    wrong = [found for found in examine(old, os.environ, NOW) if found.check == "state"]
    assert "is older than what readers have seen" in wrong[0].message
    assert ACCEPT in wrong[0].remedy
    assert untouched(old) == before


def test_status_has_a_spoilt_state_for_programs_too(instance: Path) -> None:
    lost_state.cut_within_a_page(instance / "state" / "tidings.db")
    done = call(instance, "status", "--json")
    refused(done, "tidings.db is damaged")
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert "tidings.db is damaged" in told["findings"][0]["message"]
    assert ACCEPT in told["findings"][0]["remedy"]


def test_a_state_older_than_what_readers_have_seen_is_held(old: Path) -> None:
    before = untouched(old)
    sentence = "is older than what readers have seen (generation "
    refused(run(old), sentence)
    assert ACCEPT in run(old).stderr
    refused(call(old, "worker"), sentence)
    assert untouched(old) == before
    status = call(old, "status")
    assert status.returncode == 1
    assert sentence in status.stdout.splitlines()[0]
    told = json.loads(call(old, "status", "--json").stdout)
    assert told["ok"] is False
    assert sentence in told["held"]


def test_so_is_one_from_before_mail_was_sent_or_feeds_were_published_alone(instance: Path) -> None:
    copies = [copy_of_state(instance, "first")]
    add_news(instance, "second", "Permits are extended")
    assert run(instance, send="none").returncode == 0
    copies.append(copy_of_state(instance, "published"))
    assert run(instance, send="due").returncode == 0
    copies.append(copy_of_state(instance, "looked"))
    assert run(instance).returncode == 0
    for copy in copies:
        put_back(instance, copy)
        refused(run(instance), "is older than what readers have seen")


def test_the_state_of_another_instance_is_held(instance: Path, fresh: Path) -> None:
    for _ in range(5):
        assert run(fresh).returncode == 0
    put_back(instance, fresh / "state")
    refused(run(instance), "is not the state that readers have seen")


def test_the_same_state_is_not_held_wherever_the_feeds_have_gone(instance: Path) -> None:
    put_back(instance, copy_of_state(instance))
    shutil.rmtree(instance / "feeds")
    assert run(instance).returncode == 0
    assert (instance / "feeds" / "atom.xml").is_file()


def test_a_state_that_is_ahead_of_its_witness_goes_on(instance: Path) -> None:
    """A process that dies between a commit and the witness must not hold up the next."""
    witness = (instance / WITNESS).read_bytes()
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    (instance / WITNESS).write_bytes(witness)
    assert run(instance).returncode == 0
    told = json.loads((instance / WITNESS).read_bytes())
    assert told["editions"]["weekly"]["number"] == 2


def test_a_witness_that_was_removed_is_written_again(instance: Path) -> None:
    (instance / WITNESS).unlink()
    assert run(instance).returncode == 0
    assert json.loads((instance / WITNESS).read_bytes())["editions"]["weekly"]["number"] == 1


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"generation": "many"}', b"\xff\xfe"])
def test_a_witness_that_cannot_be_read_holds_everything(instance: Path, garbage: bytes) -> None:
    (instance / WITNESS).write_bytes(garbage)
    before = untouched(instance)
    refused(run(instance), f"{WITNESS} cannot be read")
    assert untouched(instance) == before
    assert lost_state.accept(instance).returncode == 0
    assert run(instance).returncode == 0


def test_a_state_that_is_replaced_while_it_is_in_use_is_written_to_no_more(instance: Path) -> None:
    copy = copy_of_state(instance)
    store = wiring.open_state(wiring.load_instance(instance, os.environ))
    put_back(instance, copy)
    before = untouched(instance)
    with pytest.raises(StoreError, match="moved or replaced while it was in use"):
        write_something(store)
    store.close()
    assert untouched(instance) == before


def test_without_its_witness_nothing_is_sent(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_news(instance, "second", "Permits are extended")
    (instance / WITNESS).unlink()
    # Nobody can write this file, not even root.
    monkeypatch.setattr(wiring, "GUARD_FILE", "nowhere/witness")
    loaded = wiring.load_instance(instance, os.environ)
    store = wiring.open_state(loaded)
    with pytest.raises(StoreError, match="nothing is mailed before this can be written"):
        write_something(store)
    store.close()


def test_an_edition_is_witnessed_before_anybody_can_be_mailed(instance: Path) -> None:
    loaded = wiring.load_instance(instance, os.environ)
    store, witness = wiring.open_state(loaded), wiring.rollback_guard(loaded)
    write_something(store)
    with store.writing() as state:
        state.editions.stand_in("weekly", 2, "2026-W48", wiring.clock().now(), "No. 2")
    seen = witness.seen()
    assert seen is not None
    assert seen.editions["weekly"].number == 2
    store.close()


def test_what_is_committed_within_a_second_is_witnessed_at_the_end(instance: Path) -> None:
    loaded = wiring.load_instance(instance, os.environ)
    store, witness = wiring.open_state(loaded), wiring.rollback_guard(loaded)
    generations = []
    for _ in range(3):
        write_something(store)
        generations.append(_generation(witness))
    store.close()
    assert generations[0] == generations[1] == generations[2]
    assert _generation(witness) == generations[0] + 1


def _generation(witness: RollbackGuard) -> int:
    seen = witness.seen()
    assert seen is not None
    return seen.generation


# --- Accepted -----------------------------------------------------------------------------------


def test_after_accepting_an_old_state_nothing_is_mailed_twice_and_news_is_mailed(
    old: Path,
) -> None:
    accepted = lost_state.accept(old)
    assert accepted.returncode == 0, accepted.stderr
    assert "The state is accepted." in accepted.stdout
    assert "goes on after No. 2" in accepted.stdout
    assert "1 item counted as mailed" in accepted.stdout
    sent = outbox(old)
    assert run(old).returncode == 0
    assert outbox(old) == sent
    add_news(old, "third", "Borders reopen on Friday")
    assert run(old).returncode == 0
    assert_nothing_twice(outbox(old))
    fresh_ones = [mail for mail in outbox(old) if mail not in sent]
    assert [mail.recipient for mail in fresh_ones] == ["ana@example.org"]
    assert (old / "outbox" / "weekly" / "3").is_dir()


def test_a_state_that_was_lost_can_be_begun_anew_and_mails_nothing_that_is_known(
    instance: Path,
) -> None:
    shutil.rmtree(instance / "state")
    accepted = lost_state.accept(instance)
    assert accepted.returncode == 0, accepted.stderr
    assert "A new state was begun." in accepted.stdout
    assert "46 items counted as mailed" in accepted.stdout
    sent = outbox(instance)
    assert run(instance).returncode == 0
    assert outbox(instance) == sent
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    assert_nothing_twice(outbox(instance))
    assert len(outbox(instance)) == len(sent) + 1
    assert (instance / "outbox" / "weekly" / "2").is_dir(), "the number goes on, too"


def test_a_number_that_comes_again_for_want_of_a_witness_is_no_name_that_comes_again(
    instance: Path,
) -> None:
    (instance / WITNESS).unlink()
    lost_state.missing(instance / "state" / "tidings.db")
    assert lost_state.accept(instance).returncode == 0
    sent = outbox(instance)
    shutil.rmtree(instance / "outbox")
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    assert (instance / "outbox" / "weekly" / "1").is_dir()
    assert_nothing_twice([*sent, *outbox(instance)])


def test_with_mail_all_that_the_state_has_not_mailed_is_mailed(old: Path) -> None:
    sent = outbox(old)
    accepted = lost_state.accept(old, "--mail")
    assert accepted.returncode == 0, accepted.stderr
    assert run(old).returncode == 0
    again = [mail for mail in outbox(old) if mail not in sent]
    assert [len(mail.items) for mail in again] == [1]
    names = [mail.message_id for mail in outbox(old)]
    assert len(set(names)) == len(names), "another message, so another name"
    assert (old / "outbox" / "weekly" / "3").is_dir()


def test_a_slot_that_the_state_has_forgotten_is_not_opened_again(fresh: Path) -> None:
    sunday, monday = "2026-11-22T12:00:00-06:00", "2026-11-23T08:00:00-06:00"
    assert run(fresh, sunday, "due").returncode == 0
    copy = copy_of_state(fresh)
    assert run(fresh, monday, "due").returncode == 0
    put_back(fresh, copy)
    assert lost_state.accept(fresh, epoch="1795446000").returncode == 0  # 15:00 in UTC
    add_news(fresh, "second", "Permits are extended")
    assert run(fresh, "2026-11-23T10:00:00-06:00", "due").returncode == 0
    assert len(outbox(fresh)) == 3
    assert run(fresh, "2026-11-30T08:00:00-06:00", "due").returncode == 0
    assert_nothing_twice(outbox(fresh))
    assert (fresh / "outbox" / "weekly" / "2").is_dir()


def test_mail_that_was_still_open_is_in_doubt_and_held(instance: Path) -> None:
    edit(instance, "UPDATE deliveries SET state = 'queued' WHERE address_key LIKE 'ana%'")
    copy = copy_of_state(instance)
    (instance / "seeds" / "nothing.txt").unlink(missing_ok=True)
    assert run(instance).returncode == 0, "sent in the meantime"
    put_back(instance, copy)
    sent = outbox(instance)
    before = {place: place.stat().st_mtime_ns for place in (instance / "outbox").rglob("*.eml")}
    accepted = lost_state.accept(instance)
    assert "1 message in doubt" in accepted.stdout
    run(instance)
    assert outbox(instance) == sent
    assert before == {p: p.stat().st_mtime_ns for p in (instance / "outbox").rglob("*.eml")}
    assert '"in doubt": 1' in call(instance, "status", "--json").stdout


def test_what_was_owed_from_before_may_have_been_in_the_forgotten_edition(instance: Path) -> None:
    edit(instance, "UPDATE deliveries SET state = 'failed' WHERE address_key LIKE 'ana%'")
    shutil.rmtree(instance / "outbox")
    copy = copy_of_state(instance)
    add_news(instance, "second", "Permits are extended")
    assert run(instance).returncode == 0
    put_back(instance, copy)
    accepted = lost_state.accept(instance)
    assert "1 message in doubt" in accepted.stdout
    add_news(instance, "third", "Borders reopen on Friday")
    run(instance)
    assert_nothing_twice(outbox(instance))
    assert sorted(len(mail.items) for mail in outbox(instance)) == [1, 40]


def test_what_no_edition_can_have_brought_is_still_mailed(instance: Path) -> None:
    """Only feeds were published since the copy: nobody has had the item by mail."""
    copy = copy_of_state(instance)
    add_news(instance, "second", "Permits are extended")
    assert run(instance, send="none").returncode == 0
    put_back(instance, copy)
    assert lost_state.accept(instance).returncode == 0
    assert run(instance).returncode == 0
    assert_nothing_twice(outbox(instance))
    assert len(outbox(instance)) == 4


def test_a_listing_that_cannot_be_read_is_named_when_the_state_is_accepted(old: Path) -> None:
    (old / "seeds" / "bad.txt").write_bytes(b"\xff\xff")
    accepted = lost_state.accept(old)
    assert accepted.returncode == 1
    assert "seeds/bad.txt" in accepted.stdout
    assert run(old).returncode == 0


def test_where_there_is_nothing_to_accept_it_says_so_and_changes_nothing(instance: Path) -> None:
    before = untouched(instance)
    done = lost_state.accept(instance)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        ["Nothing to accept: this is the state that readers have seen."],
    )
    assert untouched(instance) == before


@pytest.mark.parametrize(
    "spoil", [lost_state.a_page_flipped, lost_state.from_the_future], ids=_name
)
def test_a_damaged_state_is_not_accepted(old: Path, spoil: Spoil) -> None:
    spoil(old / "state" / "tidings.db")
    before = untouched(old)
    refused(lost_state.accept(old), SPOILT[spoil])
    assert untouched(old) == before


def test_nothing_is_accepted_while_a_worker_runs(old: Path) -> None:
    loaded = wiring.load_instance(old, os.environ)
    with wiring.worker_lock(loaded):
        done = lost_state.accept(old)
    assert done.returncode == 75
    assert "a worker runs on this instance: stop it first" in done.stderr
    refused(run(old), "is older than what readers have seen")


@pytest.mark.parametrize("part", parts(4, quick=(1,)))
def test_accepting_that_is_cut_short_anywhere_can_be_done_again(
    old: Path, sample_after_run: Path, part: int
) -> None:
    store = wiring.open_unaccepted(wiring.load_instance(old, os.environ))
    failpoint = Failpoint()
    _accept(old, CrashingStore(store, failpoint))
    store.close()
    assert len(failpoint.passed) >= 6
    for at, _ in dealt_out(failpoint.passed, part, among=4):
        folder = Path(shutil.copytree(old, old.parent / f"cut-{at}"))
        put_back(folder, sample_after_run / "state")
        loaded = wiring.load_instance(folder, os.environ)
        store = wiring.open_unaccepted(loaded)
        with pytest.raises(Crash):
            _accept(folder, CrashingStore(store, Failpoint(at)))
        store.close()
        with pytest.raises(StoreError, match="until you accept it"):
            run_once(folder, now=lost_state.at(LATER))
        store = wiring.open_unaccepted(loaded)
        _accept(folder, store)
        store.be_witnessed(wiring.rollback_guard(loaded))
        store.close()
        add_news(folder, "third", "Borders reopen on Friday")
        run_once(folder, now=lost_state.at(LATER))
        assert_nothing_twice(outbox(folder))
        assert (folder / "outbox" / "weekly" / "3").is_dir()
        shutil.rmtree(folder)


def _accept(folder: Path, store: Store) -> None:
    loaded = wiring.load_instance(folder, os.environ)
    clock = wiring.clock(lost_state.at(LATER))
    services = wiring.services(loaded, store, clock)
    accept(services, wiring.rollback_guard(loaded).seen(), new_lineage())


def test_after_a_restore_only_what_an_edition_had_announced_is_passed_over(old: Path) -> None:
    """The second item was in the forgotten edition, the third in none."""
    add_news(old, "third", "Borders reopen on Friday")
    assert lost_state.accept(old).returncode == 0
    sent = outbox(old)
    assert run(old).returncode == 0
    assert_nothing_twice(outbox(old))
    fresh_ones = [mail for mail in outbox(old) if mail not in sent]
    assert [(mail.recipient, len(mail.items)) for mail in fresh_ones] == [("ana@example.org", 1)]
