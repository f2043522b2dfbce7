"""The library's own calls on the ledger's rows: its application, event store, notification log and recorder.

What its abstract recorder suite expects of any recorder is here too, where the ledger promises the same: its own events
would not do, since a ledger stores envelopes and begins every stream at version 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from store_kit import PERSON, STORES, event, name, one, other_event, request, stream

from ledger.envelope import Envelope, decode
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.stores.append import Append, Guard, GuardMoved, KeyReused, NameTaken, StreamMoved
from ledger.stores.recorder import freeze, thaw

WITHDRAWN, LEFT = "claim.withdrawn/1", "person.left/1"


@pytest.fixture(params=STORES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    vault = Vault(tmp_path / "vault.sqlite", FileMasterKey.create(tmp_path / "master.key"))
    if request.param == "postgres":
        ledger = Ledger.in_postgres(request.getfixturevalue("new_log")(), vault)
    else:
        path = tmp_path / "ledger.sqlite"
        ledger = Ledger.in_file(path, vault) if request.param == "sqlite" else Ledger.in_memory(vault)
    yield ledger
    ledger.close()
    vault.close()


def test_saving_through_the_application_is_an_append_like_any_other(ledger: Ledger) -> None:
    recordings = ledger.save(event(1), event(2, sealed=b"ciphertext"))

    assert [recording.notification.id for recording in recordings] == [1, 2]
    assert [decode(leaf).stream for leaf in ledger.store.leaves(0, 9)] == [stream(1), stream(2)]
    assert ledger.store.sealed(2) == event(2, sealed=b"ciphertext").sealed
    assert ledger.store.frontier().size == 2


def test_guards_names_and_request_pass_through_the_application(ledger: Ledger) -> None:
    ledger.save(event(1), names=(name("c", 1),), request=request("k"))

    with pytest.raises(IntegrityError) as lost:
        ledger.save(event(2), guards=(Guard(stream(1), 0),))
    assert isinstance(lost.value.__cause__, GuardMoved)
    with pytest.raises(IntegrityError) as lost:
        ledger.save(event(2), names=(name("c", 2),))
    assert isinstance(lost.value.__cause__, NameTaken)
    with pytest.raises(IntegrityError) as lost:
        ledger.save(event(1))
    assert isinstance(lost.value.__cause__, StreamMoved)
    with pytest.raises(KeyReused):
        ledger.save(event(2), request=request("k", "another body"))
    [again] = ledger.save(event(1), names=(name("c", 1),), request=request("k"))
    assert again.notification.id == 1
    assert ledger.store.size() == 1


def test_what_the_ledger_cannot_record_with_events_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    """A misspelt guard must not be an append without one; a tracking position must not get lost in silence."""
    with pytest.raises(TypeError, match="guard_"):
        ledger.save(event(1), guard_=(Guard(stream(1), 5),))
    with pytest.raises(TypeError, match="tracking"):
        ledger.store.insert_events([freeze(event(1))], tracking=Tracking("upstream", 5))

    assert ledger.store.size() == 0


def test_the_event_store_gives_typed_envelopes_back(ledger: Ledger) -> None:
    ledger.store.append(Append((event(1, 1), event(2, 1), event(1, 2), event(1, 3))))
    get = ledger.events.get

    found = list(get(stream(1)))

    assert all(isinstance(envelope, Envelope) for envelope in found)
    assert [envelope.version for envelope in found] == [1, 2, 3]
    assert [envelope.version for envelope in get(stream(1), gt=1)] == [2, 3]
    assert [envelope.version for envelope in get(stream(1), lte=2)] == [1, 2]
    assert [envelope.version for envelope in get(stream(1), gt=1, lte=2)] == [2]
    assert [envelope.version for envelope in get(stream(1), desc=True, limit=2)] == [3, 2]
    assert [envelope.version for envelope in get(stream(1), limit=0)] == []
    assert [envelope.version for envelope in get(stream(1), gt=-5)] == [1, 2, 3]
    assert list(get(stream(9))) == []


def test_the_notification_log_serves_sections_of_the_same_rows(ledger: Ledger) -> None:
    ledger.store.append(Append(tuple(event(number) for number in range(25))))

    section = ledger.notification_log["1,10"]

    assert [item.id for item in section.items] == list(range(1, 11))
    assert section.next_id == "11,20"
    assert [item.id for item in ledger.notification_log["21,30"].items] == [21, 22, 23, 24, 25]
    assert [item.state for item in section.items] == ledger.store.leaves(0, 10)
    assert {item.topic for item in section.items} == {WITHDRAWN}


def test_notifications_are_selected_by_start_stop_limit_and_topic(ledger: Ledger) -> None:
    ledger.store.append(Append(tuple(
        other_event(number) if number % 3 == 0 else event(number) for number in range(1, 31)
    )))

    def select(*arguments: int | None, **rest: object) -> list[int]:
        return [item.id for item in ledger.store.select_notifications(*arguments, **rest)]  # type: ignore[arg-type]

    assert select(1, 3) == [1, 2, 3]
    assert select(None, 3) == select(0, 3) == select(-7, 3) == [1, 2, 3], "no position lies before the first"
    assert select(0, 2, inclusive_of_start=False) == [1, 2]
    assert select(5, 3) == [5, 6, 7]
    assert select(5, 3, inclusive_of_start=False) == [6, 7, 8]
    assert select(5, 9, stop=7) == [5, 6, 7]
    assert select(5, 9, stop=4) == []
    assert select(29, 9) == [29, 30]
    assert select(31, 9) == select(1, 0) == []
    assert select(1, 4, topics=[LEFT]) == [3, 6, 9, 12]
    assert select(4, 4, topics=[LEFT], stop=11) == [6, 9]
    assert select(1, 3, topics=[LEFT, WITHDRAWN]) == [1, 2, 3]
    assert select(1, 3, topics=["claim.submitted/1"]) == []


def test_the_largest_notification_id_is_the_size(ledger: Ledger) -> None:
    assert not ledger.store.max_notification_id()
    ledger.save(event(1), event(2))
    assert ledger.store.max_notification_id() == 2


def test_inserting_nothing_is_nothing(ledger: Ledger) -> None:
    assert ledger.store.insert_events([]) == []
    assert ledger.save() == []
    assert ledger.store.size() == 0


def test_a_batch_that_conflicts_anywhere_is_not_inserted_at_all(ledger: Ledger) -> None:
    ledger.save(event(1), event(2))

    for batch in ([event(3), event(1)], [event(3), event(3)], [event(3, 2)], [event(3), event(2, 3)]):
        with pytest.raises(IntegrityError):
            ledger.save(*batch)

    assert ledger.store.version(stream(3)) == 0
    assert ledger.store.max_notification_id() == 2


def test_followers_cannot_wait_for_a_wake_up_that_may_get_lost(ledger: Ledger) -> None:
    with pytest.raises(NotImplementedError, match="poll"):
        ledger.store.subscribe(gt=0)


@pytest.mark.parametrize("sealed", [None, b"", b"\0with\0nul\0", bytes(range(256))], ids=repr)
def test_what_freezes_an_event_for_the_library_is_undone_exactly(sealed: bytes | None) -> None:
    encoded = event(1, sealed=sealed)

    frozen = freeze(encoded)

    assert isinstance(frozen, StoredEvent)
    assert thaw(frozen) == encoded
    assert (encoded.originator_id, encoded.originator_version) == (stream(1), 1)


def test_a_repeated_save_and_an_append_meet_in_the_same_request_key(ledger: Ledger) -> None:
    receipt = ledger.store.append(one(1, request=request("k")))

    [recording] = ledger.save(event(1), request=request("k"))

    assert recording.notification.id == receipt.first
    assert decode(ledger.store.leaves(0, 1)[0]).subjects == (PERSON,)
