"""A job's traffic with the disk, recorded once: from it the disk after any moment is reckoned."""

import copy
import json
import os
import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.builders import store_folder
from tests.faults.power import shim
from tests.faults.power.disk import Change, Disk, File, Naming
from tests.faults.power.trace import Kind, Step, read_trace
from tests.faults.promises import Answer, Promised
from tests.faults.workloads import Tell, lay_ballast

# Room that is given away on a full disk, and the lock that dies with its process, hold no facts.
_LEFT_OUT: Final = ("ballast", ".lock")
_BROKEN: Final = 70


@dataclass(frozen=True, slots=True)
class Recording:
    """What was there, what was promised of it, and every step from then on; paths are relative."""

    name: str
    files: dict[str, bytes]
    promised: Promised
    steps: tuple[Step, ...]
    folders: tuple[str, ...]

    def disk_at(self, moment: int) -> Disk:
        """Return the disk after ``moment`` steps."""
        disk = Disk()
        for path, data in self.files.items():
            disk.synced[path] = disk.seen[path] = File.holding(data)
        player = _Player(disk)
        for step in self.steps[:moment]:
            player.play(step)
        return disk

    def promised_at(self, moment: int) -> Promised:
        """Return what had been promised after ``moment`` steps."""
        promised = copy.deepcopy(self.promised)
        for step in self.steps[:moment]:
            if step.kind is Kind.MARK:
                promised.take(json.loads(step.data))
        return promised

    def lay_out(self, home: Path, found: dict[str, bytes]) -> None:
        """Put files where a terminal expects them, in place of whatever is there."""
        shutil.rmtree(home, ignore_errors=True)
        for folder in self.folders:
            (home / folder).mkdir(parents=True, exist_ok=True)
        for path, data in found.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_bytes(data)
        lay_ballast(store_folder(home))


def record(name: str, home: Path, promised: Promised, work: Callable[[Path, Tell], None]) -> (
    Recording
):  # fmt: skip
    """Do ``work`` on ``home`` in a process of its own and return what it asked of the disk."""
    home = home.resolve()
    trace = home.with_name(home.name + ".trace")
    files = read_files(home)
    child = os.fork()
    if child == 0:
        _work_traced(home, trace, work)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"the job {name} failed while it was recorded")
    steps = tuple(below(home, step) for step in read_trace(trace) if not _is_left_out(step))
    trace.unlink()
    folders = tuple(str(path.relative_to(home)) for path in home.rglob("*") if path.is_dir())
    return Recording(name, files, promised, steps, folders)


def read_files(home: Path) -> dict[str, bytes]:
    """Return every file below ``home`` that holds facts."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith(_LEFT_OUT)
    }


def below(home: Path, step: Step) -> Step:
    """Return a step with its paths relative to ``home``."""
    if step.kind not in {Kind.OPEN, Kind.RENAME, Kind.UNLINK, Kind.FOLDER}:
        return step
    names = (os.path.relpath(name, home) for name in step.names)
    return Step(step.kind, step.descriptor, step.offset, step.flags, "\0".join(names).encode())


def _work_traced(home: Path, trace: Path, work: Callable[[Path, Tell], None]) -> None:
    def tell(answer: Answer) -> None:
        shim.mark(json.dumps(answer))

    try:
        shim.watch(home)
        shim.trace_into(trace)
        work(home, tell)
    except BaseException:
        traceback.print_exc()
        os._exit(_BROKEN)
    os._exit(0)


def _is_left_out(step: Step) -> bool:
    return step.kind in {Kind.OPEN, Kind.UNLINK} and step.names[0].endswith(_LEFT_OUT)


class _Player:
    """Makes steps on a disk; knows which descriptor is which file or folder."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._open: dict[int, File | str] = {}

    def play(self, step: Step) -> None:
        """Make one step."""
        if step.kind is Kind.OPEN:
            self._open[step.descriptor] = self._opened(step)
        elif step.kind is Kind.CLOSE:
            self._open.pop(step.descriptor, None)
        elif step.kind is Kind.RENAME:
            old, new = step.names
            self._disk.name(Naming(_folder(new), {old: None, new: self._disk.seen[old]}))
        elif step.kind is Kind.UNLINK:
            self._disk.name(Naming(_folder(step.names[0]), {step.names[0]: None}))
        elif step.descriptor in self._open:
            self._change(self._open[step.descriptor], step)

    def _opened(self, step: Step) -> File | str:
        path = step.names[0]
        if step.is_made:
            self._disk.name(Naming(_folder(path), {path: File()}))
        file = self._disk.seen.get(path)
        if file is None:
            return path
        if step.is_emptied and file.seen:
            file.change(Change(0, None))
        return file

    def _change(self, target: File | str, step: Step) -> None:
        if isinstance(target, str):
            assert step.kind is Kind.SYNC, "a folder can only be synced"
            self._disk.sync_folder(target)
        elif step.kind is Kind.SYNC:
            target.sync()
        else:
            data = step.data if step.kind is Kind.WRITE else None
            target.change(Change(step.offset, data))


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."
