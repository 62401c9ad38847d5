"""The same rows give the same raw/ and the same marts, however they are delivered.

Any split into files of any format, any order over several landings, any file delivered again under
another name, any landing killed on its way. Two assumptions, both of definition D20: a file whose
content was landed before is not rows at all, so no two files here have equal bytes unless one is
the second delivery of the other; and rows without a request id differ in content, because equal
ones are two requests in one file and one request in two.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.landing.contents import Raw, read_raw
from tests.landing.ground import KEY, Ground
from tests.landing.marts import build_marts
from tests.landing.world import Pile, packed, piles

REPEATABLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


# -- Deliveries ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """A file and the landing before which it is dropped."""

    landing: int
    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Kill:
    """Where a landing dies: at the n-th call of a kind, before or after its effect."""

    kind: str
    number: int
    is_after: bool


@dataclass(frozen=True)
class Story:
    """What happens to a data folder.

    Attributes:
        deliveries: all files.
        kills: one for each landing but the last ones, None for one that ends well.
        are_taken_away: whether landed files leave landing/ before the next landing.
    """

    deliveries: tuple[Delivery, ...]
    kills: tuple[Kill | None, ...] = ()
    are_taken_away: bool = False


def plain_story(*chosen: Pile) -> Story:
    """One file for each pile, one landing."""
    return Story(
        tuple(
            Delivery(0, f"{pile.folder}/{number}.{pile.endings[0]}", packed(pile, pile.rows))
            for number, pile in enumerate(chosen)
        )
    )


# Calls of a small landing by kind, or fewer: a later one would kill nothing.
NUMBERS = {"any": 100, "open": 2, "make": 30, "switch": 3, "sync": 12, "remove": 4, "query": 40}


@st.composite
def stories(draw: st.DrawFn, chosen: Sequence[Pile]) -> Story:
    landings = draw(st.integers(1, 2))
    chance = random.Random(draw(st.integers(0, 2**32)))
    deliveries: list[Delivery] = []
    taken: set[str] = set()
    for number, pile in enumerate(chosen):
        rows = list(pile.rows)
        chance.shuffle(rows)
        count = draw(st.integers(1, pile.most_files))
        cuts = sorted(chance.randrange(len(rows) + 1) for _ in range(count - 1))
        for part, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
            ending = draw(st.sampled_from(pile.endings))
            content = packed(pile, rows[start:end], ending)
            digest = hashlib.sha256(content).hexdigest()
            if digest in taken:
                continue  # only files without rows can be equal
            taken.add(digest)
            nested = draw(st.sampled_from(("", "2026/03/", "a b/'c'/")))
            path = f"{pile.folder}/{nested}{number}-{part}.{ending}"
            at = draw(st.integers(0, landings - 1))
            deliveries.append(Delivery(at, path, content))
            if draw(st.integers(0, 3)) == 0:
                again = f"{pile.folder}/again/{chance.randrange(10**6)}-{part}.{ending}"
                deliveries.append(Delivery(draw(st.integers(0, landings - 1)), again, content))
    kinds = st.sampled_from((*sorted(NUMBERS), None))
    kills = []
    for _ in range(draw(st.integers(landings, landings + 1))):
        kind = draw(kinds)
        number = draw(st.integers(1, NUMBERS[kind])) if kind else 0
        kills.append(Kill(kind, number, draw(st.booleans())) if kind else None)
    return Story(
        tuple(deliveries),
        tuple(kills),
        draw(st.booleans()),
    )


# -- A simulated kill ------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing that follows may have an effect."""


@dataclass
class Calls:
    """Counts the calls that change something, and dies at one of them for good.

    After the kill every further call fails too: ``finally`` and ``except`` of a killed process do
    not run, so what they clean up here would be a lie.
    """

    kill: Kill
    order: list[str] = field(default_factory=list)
    is_dead: bool = False

    def around(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._refuse_the_dead()
            is_last = self._is_last(kind)
            if is_last and not self.kill.is_after:
                self._die()
            try:
                result = function(*arguments, **named)
            except Exception:
                if is_last:
                    self._die()
                raise
            if is_last:
                if isinstance(result, io.IOBase):
                    result.close()  # made, and nothing written
                self._die()
            return result

        return call

    def around_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        counted = self.around("open", function)

        def call(file: Any, mode: Any = "r", *arguments: Any, **named: Any) -> Any:
            is_write = (
                set(mode) & set("wax+")
                if isinstance(mode, str)
                else mode & (os.O_WRONLY | os.O_RDWR)
            )
            return (counted if is_write else function)(file, mode, *arguments, **named)

        return call

    def _is_last(self, kind: str) -> bool:
        self.order.append(kind)
        if self.kill.kind not in (kind, "any"):
            return False
        counted = self.order if self.kill.kind == "any" else [k for k in self.order if k == kind]
        return len(counted) == self.kill.number

    def _refuse_the_dead(self) -> None:
        if self.is_dead:
            raise Killed

    def _die(self) -> None:
        self.is_dead = True
        raise Killed


@contextmanager
def killing(kill: Kill) -> Iterator[Calls]:
    """Lets everything that changes the disk, and every query, pass through ``Calls``."""
    calls = Calls(kill)
    with pytest.MonkeyPatch.context() as patch:
        for kind, names in {
            "switch": ("rename", "replace", "symlink", "link"),
            "sync": ("fsync",),
            "remove": ("unlink", "remove", "rmdir"),
            "make": ("mkdir", "chmod", "truncate", "utime"),
        }.items():
            for name in names:
                patch.setattr(os, name, calls.around(kind, getattr(os, name)))
        patch.setattr(os, "open", calls.around_open(os.open))
        for module in (builtins, io):
            patch.setattr(module, "open", calls.around_open(open))
        execute = calls.around("query", duckdb.DuckDBPyConnection.execute)
        patch.setattr(duckdb.DuckDBPyConnection, "execute", execute)
        patch.setattr(shutil, "rmtree", calls.around("remove", shutil.rmtree))
        yield calls


# -- What must be the same -------------------------------------------------------------------------


def live(story: Story, ground: Ground) -> int:
    """Lets a story happen; returns how many landings were killed."""
    killed = 0
    last = max(delivery.landing for delivery in story.deliveries)
    for number in range(max(last, len(story.kills)) + 1):
        if story.are_taken_away:
            take_away_what_was_landed(ground)
        for delivery in story.deliveries:
            if delivery.landing == number:
                file = ground.data.landing / delivery.path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(delivery.content)
        kill = story.kills[number] if number < len(story.kills) else None
        if not any(ground.data.landing.rglob("*.*")) and not ground.data.raw.exists():
            continue
        if kill is None:
            ground.land()
            continue
        with killing(kill) as calls:
            try:
                ground.land()
            except Killed:
                killed += 1
            calls.is_dead = False
    ground.land()
    assert [path.name for path in ground.data.raw.glob(".incoming*")] == []
    return killed


def take_away_what_was_landed(ground: Ground) -> None:
    """Clears landing/ of the files that the ledger has."""
    if not list(ground.data.raw.glob("batches/*/landing/files/*.parquet")):
        return
    known = {file_hash for (file_hash,) in ground.query("select file_hash from files")}
    for path in ground.data.landing.rglob("*"):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in known:
            path.unlink()


@contextmanager
def new_ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory() as folder:
        yield Ground(Path(folder))


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_STAR_TOKEN_KEY", KEY)
        yield


@cache
def raw_of(pile: Pile) -> Raw:
    """What a pile becomes when it is delivered plainly."""
    with new_ground() as ground:
        live(plain_story(pile), ground)
        return read_raw(ground.data)


@pytest.mark.services
def test_raw_is_the_same_whatever_the_delivery():
    killed = 0

    @settings(REPEATABLE, max_examples=40)
    @given(st.data())
    def is_the_same(data: st.DataObject) -> None:
        nonlocal killed
        # A few tables at a time: each format of each table is a scan of its own.
        chosen = data.draw(st.lists(st.sampled_from(piles()), min_size=2, max_size=3, unique=True))
        with new_ground() as ground:
            killed += live(data.draw(stories(chosen)), ground)
            raw = read_raw(ground.data)
        expected = [raw_of(pile) for pile in chosen]
        assert Counter(raw.rejects) == Counter(each for one in expected for each in one.rejects)
        for table, rows in raw.rows.items():
            assert Counter(rows) == Counter(each for one in expected for each in one.rows[table])

    is_the_same()
    # If there are fewer, the kills come too late in a landing that has become shorter.
    assert killed >= 20


@cache
def plain_marts() -> dict[str, list[tuple]]:
    """The marts of the plain delivery of everything."""
    with new_ground() as ground:
        live(plain_story(*piles()), ground)
        raw = read_raw(ground.data)
        assert len(raw.rejects) == 12 + 12 + 3
        assert len(raw.rows["api_requests"]) == 90 + 12 + 6
        return build_marts(ground.data)


def test_the_world_is_worth_the_effort():
    marts = plain_marts()
    for rows in marts.values():
        assert len(rows) >= 4
    outcomes = {row[2] for row in marts["fct_request_outcomes_weekly"]}
    assert outcomes >= {"malformed", "duplicate", "no_token", "qualified", "sandbox", "synthetic"}


def test_the_marts_are_the_same_whatever_the_delivery():
    @settings(REPEATABLE, max_examples=10)
    @given(stories(piles()))
    def are_the_same(story: Story) -> None:
        with new_ground() as ground:
            live(story, ground)
            marts = build_marts(ground.data)
        for name, rows in plain_marts().items():
            assert marts[name] == rows, name

    are_the_same()


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("kind", ["switch", "open"])
def test_a_first_landing_may_die_at_any_step(kind, is_after, monkeypatch):
    # Without a key in the environment: the development key is made on the way.
    monkeypatch.delenv("NORTH_STAR_TOKEN_KEY")
    content = b'{"requested_at":"2026-03-01","status_code":200,"token":"sk_live_1"}\n'
    number, is_killed = 0, True
    while is_killed:
        number += 1
        with new_ground() as ground:
            ground.drop("api_gateway/api_requests/a.jsonl", content)
            with killing(Kill(kind, number, is_after)) as calls:
                try:
                    ground.land()
                    is_killed = False
                except Killed:
                    calls.is_dead = False
            ground.land()
            assert ground.value("select count(*) from api_requests") == 1, number
            assert ground.value("select count(*) from files") == 1, number
    assert number > 2


@pytest.mark.services
def test_readers_see_all_or_nothing_of_a_file_at_whichever_call_a_landing_dies():
    # Two tables and rejects: rows, rejects and ledger of a file appear together.
    deliveries = {
        "api_gateway/api_requests/{}.jsonl": (
            '{{"requested_at":"2026-03-01","status_code":200,"path":"/{0}"}}\nnot JSON {0}\n'
        ),
        "crm/contacts/{}.jsonl": '{{"contact_id":"{0}","email":"{0}@a.example"}}\n{{}}\n',
    }
    with new_ground() as before:
        for name in ("old", "new"):
            for path, content in deliveries.items():
                before.drop(path.format(name), content.format(name))
            if name == "old":
                before.land()
        for number in moments_that_matter(before):
            with copy_of(before) as ground:
                with killing(Kill("any", number, is_after=False)) as calls:
                    with pytest.raises(Killed):
                        ground.land()
                    calls.is_dead = False
                assert len(read_raw(ground.data).files) in (2, 3, 4)  # with all of their rows
                ground.land()
                raw = read_raw(ground.data)
                assert (len(raw.files), len(raw.rejects)) == (4, 4)


def moments_that_matter(ground: Ground) -> list[int]:
    """Calls of a landing around those that may make something visible, and some of the others."""
    with copy_of(ground) as copied, killing(Kill("any", 0, is_after=False)) as calls:
        copied.land()
    switches = [number for number, kind in enumerate(calls.order, start=1) if kind == "switch"]
    near = {number + step for number in switches for step in range(-1, 7)}
    return sorted(near & set(range(1, len(calls.order) + 1)) | set(range(1, len(calls.order), 9)))


@contextmanager
def copy_of(ground: Ground) -> Iterator[Ground]:
    with new_ground() as copied:
        shutil.copytree(ground.data.root, copied.data.root, symlinks=True, dirs_exist_ok=True)
        yield copied
