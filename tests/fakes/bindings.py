"""Stand-ins for what resolves soft bindings: releases in a dictionary, fingerprints and marks that a test says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from copyright_optout.api import alike
from generator_gateway.ports.bindings import BindingMatch, BindingReason, ByteCodes, Prints
from generator_gateway.service.bindings_iscc import read_code
from trust_kernel.errors import InvalidInput, NotFound, Unavailable

_ALIKE = 90


@dataclass(frozen=True, slots=True)
class FakeRelease:
    """A release as a test wants it."""

    number: int
    label: str
    status: str = "released"
    remix_of: str | None = None


class MemoryBindings:
    """Bindings in memory: pictures by the plain rule, sound by what is heard in both."""

    def __init__(self) -> None:
        self.releases: dict[str, FakeRelease] = {}
        self.prints: dict[str, Prints] = {}
        self.manifests: dict[str, bytes] = {}
        self.digests: dict[str, str] = {}

    def register(self, case_id: str, prints: Prints, manifest_digest: str) -> None:
        if case_id not in self.releases:
            raise NotFound("there is no such release")
        self.prints[case_id] = prints
        self.digests[case_id] = manifest_digest

    def manifest(self, manifest_label: str) -> bytes | None:
        cases = [
            case for case, release in self.releases.items() if release.label == manifest_label and self._stands(case)
        ]
        return next((self.manifests[self.digests[case]] for case in cases if self.digests.get(case)), None)

    def _stands(self, case_id: str) -> bool:
        release = self.releases[case_id]
        return release.status == "released" and (release.remix_of is None or self._stands(release.remix_of))

    def by_mark(self, release_number: int) -> tuple[BindingMatch, ...]:
        return self._exact((c for c, release in self.releases.items() if release.number == release_number), "mark")

    def by_sound_mark(self, sound_number: int) -> tuple[BindingMatch, ...]:
        cases = (case for case in sorted(self.prints) if self.releases[case].number % (1 << 32) == sound_number)
        return self._exact(cases, "sound_mark")

    def nearest(self, prints: Prints, limit: int = 10) -> tuple[BindingMatch, ...]:
        found = [match for case in sorted(self.prints) for match in self._ways(case, prints)]
        return tuple(sorted(found, key=lambda match: -match.similarity)[:limit])

    def by_codes(self, codes: ByteCodes, limit: int = 10) -> tuple[BindingMatch, ...]:
        coded = [case for case in sorted(self.prints) if self.prints[case].iscc]
        same = (case for case in coded if read_code(self.prints[case].iscc).instance == codes.instance)
        return self._exact(same, "iscc")[:limit]

    def fits(self, case_id: str, prints: Prints) -> tuple[BindingMatch, ...]:
        return tuple(self._ways(case_id, prints)) if case_id in self.prints else ()

    def _ways(self, case_id: str, prints: Prints) -> Iterable[BindingMatch]:
        kept, label = self.prints[case_id], self.releases[case_id].label
        if alike(prints.pictures, kept.pictures):
            share = len(set(prints.pictures) & set(kept.pictures)) / max(1, len(set(prints.pictures)))
            yield BindingMatch(case_id, label, round(_ALIKE + (100 - _ALIKE) * share), "pictures")
        if set(prints.sound) & set(kept.sound) - {0}:
            yield BindingMatch(case_id, label, 100, "sound")
        if prints.iscc and prints.iscc == kept.iscc:
            yield BindingMatch(case_id, label, 100, "iscc")

    def _exact(self, cases: Iterable[str], by: str) -> tuple[BindingMatch, ...]:
        return tuple(BindingMatch(case, self.releases[case].label, 100, by) for case in cases)


class SpelledPrints:
    """Fingerprints of files by their bytes, as a test says; a file that it does not know cannot be decoded."""

    def __init__(self) -> None:
        self.known: dict[bytes, Prints] = {}
        self.made = 0

    def prints(self, path: Path) -> Prints:
        self.made += 1
        found = self.known.get(path.read_bytes())
        if found is None:
            raise InvalidInput("this cannot be read", code=BindingReason.CONTENT)
        return found


@dataclass
class FakeNumbers:
    """Numbers of marks of one kind."""

    payloads: tuple[int, ...] = ()


@dataclass
class FakeMarks:
    """Marks that a test says are in every file."""

    picture: FakeNumbers | None = field(default_factory=FakeNumbers)
    sound: FakeNumbers | None = field(default_factory=FakeNumbers)
    is_missing: bool = False
    read_thoroughly: list[bool] = field(default_factory=list)

    def read(self, path: Path, *, thorough: bool) -> "FakeMarks":
        self.read_thoroughly.append(thorough)
        if self.is_missing:
            raise Unavailable("the detector is not installed")
        assert path.is_file()
        return self
