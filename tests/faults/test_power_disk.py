"""The disk that loses its power: what was synced stays, a sector is old or new, cuts are final."""

import random

from tests.faults.power.disk import SECTOR, Change, Disk, File, Naming

OLD, NEW = b"o" * SECTOR * 4, b"n" * SECTOR * 4


def disk_with(file: File) -> Disk:
    """Return a disk that has one file with a durable name."""
    return Disk({"data/file": file}, {"data/file": file})


def found(disk: Disk, times: int = 300) -> set[bytes]:
    """Return every content that is found in so many cuts."""
    return {disk.after_cut(random.Random(number))["data/file"] for number in range(times)}


def written(file: File) -> File:
    """Let new bytes be written over a file's first four sectors."""
    file.change(Change(0, NEW))
    return file


def test_what_was_synced_is_there_after_every_cut() -> None:
    file = written(File.holding(OLD))
    file.sync()
    assert found(disk_with(file)) == {NEW}


def test_what_was_not_synced_may_be_there_or_not_or_in_part_by_whole_sectors() -> None:
    contents = found(disk_with(written(File.holding(OLD))))
    assert {OLD, NEW} < contents
    for content in contents:
        sectors = {content[at : at + SECTOR] for at in range(0, len(content), SECTOR)}
        assert sectors <= {OLD[:SECTOR], NEW[:SECTOR]}


def test_later_writes_may_arrive_before_earlier_ones() -> None:
    file = File.holding(OLD)
    file.change(Change(0, NEW[:SECTOR]))
    file.change(Change(SECTOR, NEW[:SECTOR]))
    assert OLD[:SECTOR] + NEW[:SECTOR] + OLD[2 * SECTOR :] in found(disk_with(file))


def test_a_sector_is_never_a_mixture_of_two_writes_to_it() -> None:
    file = File.holding(OLD)
    file.change(Change(0, b"a" * 100))
    file.change(Change(100, b"b" * 100))
    starts = {content[:200] for content in found(disk_with(file))}
    assert starts == {OLD[:200], b"a" * 100 + OLD[:100], b"a" * 100 + b"b" * 100}


def test_a_longer_file_may_end_in_zeros_that_nobody_wrote() -> None:
    file = File.holding(OLD)
    file.change(Change(len(OLD), NEW))
    contents = found(disk_with(file))
    assert OLD + bytes(len(NEW)) in contents
    assert all(content.startswith(OLD) for content in contents)


def test_what_was_cut_off_does_not_come_back_once_the_file_grows_again() -> None:
    file = File.holding(OLD)
    file.change(Change(SECTOR, None))
    file.change(Change(SECTOR, bytes(3 * SECTOR)))
    contents = found(disk_with(file))
    assert contents == {OLD, OLD[:SECTOR], OLD[:SECTOR] + bytes(3 * SECTOR)}


def test_a_name_is_there_for_certain_only_once_its_folder_was_synced() -> None:
    file, old = written(File()), File.holding(OLD)
    file.sync()
    disk = Disk({"data/file": old}, {"data/file": old})
    disk.name(Naming("data", {"data/file.new": file}))
    disk.name(Naming("data", {"data/file.new": None, "data/file": file}))
    assert found(disk) == {OLD, NEW}
    disk.sync_folder("elsewhere")
    assert found(disk) == {OLD, NEW}
    disk.sync_folder("data")
    assert found(disk) == {NEW}


def test_a_rename_without_a_sync_of_the_file_may_leave_an_empty_one() -> None:
    old = File.holding(OLD)
    disk = Disk({"data/file": old}, {"data/file": old})
    disk.name(Naming("data", {"data/file": written(File())}))
    disk.sync_folder("data")
    assert b"" in found(disk)
