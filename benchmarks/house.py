"""A whole house in a folder, with as many names, claims, grants and faces in it as a benchmark asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consent_registry.api import Audience, AudienceKind, GrantTerms, Modality
from copyright_optout.api import ClaimKind, ClaimTerms, Declaration, Filing, Ground, Proof
from generator_gateway.stages import Opened, Reference, Request
from likeness_guard.adapters.faiss_index import FaissIndex
from likeness_guard.adapters.packs import model_store
from likeness_guard.adapters.stack import embedded_models
from likeness_guard.api import Gallery, NewEntry
from likeness_guard.domain import Modality as Sense
from likeness_guard.service.rotation import Rotations
from likeness_guard.service.senses import Senses
from likeness_guard.service.templates import Likeness, TemplateBook
from likeness_guard.store import DatabaseTemplateStore
from placet.demo.deployment import shared_model_cache
from placet.demo.people import people
from placet.migrate import migrate
from placet.wiring import House, build_house, build_models
from trust_kernel.ids import new_id
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.media.refs import MediaKind
from trust_kernel.settings import Settings

HANDLE = "ada"
"""The one person who is really enrolled, from pictures: the astronaut (public domain)."""
_PICTURE_SIDE = 96
_COARSE = 6
_GRANTS_EACH = 10
_ONSETS = ("b", "br", "d", "f", "g", "gr", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ei", "ou")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much a house holds.

    Attributes:
        names: blocked public figures, by name only.
        claims: active opt-outs, each with one picture.
        grants: standing grants, ten to a subject.
        faces: enrolled face templates (random unit vectors).
    """

    names: int
    claims: int
    grants: int
    faces: int

    @classmethod
    def of(cls, count: int) -> "Scale":
        """A deployment with that many of each."""
        return cls(count, count, count, count)


@dataclass(frozen=True, slots=True)
class Furnished:
    """A house to measure in.

    Attributes:
        requester: account that asks; has a grant to the face of @ada and is nobody's subject.
        owner: account that @ada speaks through.
        blocked: a name on the blocklist; empty where there is none.
    """

    house: House
    requester: str
    owner: str
    blocked: str

    def opened(self, request: Request) -> Opened:
        """Accept a request, take its lease and put it on record: as far as the gates."""
        self.house.shelves.cases.accept(request)
        lease = self.house.shelves.leases.claim(request.case_id)
        assert lease is not None
        return self.house.gateway.line.ledger.open(request)

    def reference(self, path: Path) -> Reference:
        """Store a picture as an upload does."""
        kernel = self.house.kernel
        media = kernel.decoder.identify(path, kernel.reference_limits)
        assert media.kind is MediaKind.IMAGE
        kernel.blobs.put_file(path)
        return Reference(new_id("ref"), media)


@contextmanager
def furnished(folder: Path, scale: Scale) -> Iterator[Furnished]:
    """Build a house in a folder and fill it; model packs are shared between runs.

    Raises:
        Unavailable: a model pack cannot be fetched.
    """
    settings = Settings(data_dir=folder.resolve(), model_cache=shared_model_cache())
    models = build_models(settings)
    for name in models.names():
        if name not in models.installed():
            models.pull(name)
    house = build_house(settings)
    migrate(house.kernel)
    try:
        requester, owner = new_id("acct"), new_id("acct")
        blocked = _block(house, scale.names)
        _opt_out(house, scale.claims)
        _consent(house, scale.grants, requester, owner)
        _enrol_strangers(house, scale.faces)
        house.guards.likeness.warm()
        house.guards.optouts.warm_up()
        yield Furnished(house, requester, owner, blocked)
    finally:
        house.kernel.database.dispose()


def invented_names(count: int, seed: int) -> list[str]:
    """First and last names made of syllables, all different."""
    draw = np.random.default_rng(seed)

    def word(syllables: int) -> str:
        return "".join(str(draw.choice(_ONSETS)) + str(draw.choice(_VOWELS)) for _ in range(syllables)).capitalize()

    names: dict[str, None] = {}
    while len(names) < count:
        names[f"{word(2)} {word(3)}"] = None
    return list(names)


def _block(house: House, count: int) -> str:
    names = invented_names(count, seed=1)
    with house.kernel.database.transaction():
        for name in names:
            house.guards.likeness.add_entry(NewEntry(name))
    return names[0] if names else ""


def _opt_out(house: House, count: int) -> None:
    draw = np.random.default_rng(2)
    optouts = house.guards.optouts
    holder = optouts.organisations.found("Studio", "acct_studio").id
    with house.kernel.database.transaction():
        for name in invented_names(count, seed=3):
            # invented works must not share words with invented people
            title = f"Kapitaen {name.replace(' ', '')}"
            terms = ClaimTerms(ClaimKind.CHARACTER, title)
            proof, declared = Proof(Ground.AUTHOR, "invented"), frozenset(Declaration)
            claim = optouts.desk.file(
                Filing(holder, "acct_studio", terms, proof, declared, pictures=(_invented_picture(draw),))
            )
            optouts.desk.activate(claim.id, actor="acct_staff")


def _invented_picture(draw: np.random.Generator) -> NDArray[np.uint8]:
    """Smooth blobs of random grey: enough in it for a perceptual hash, and never the same twice."""
    import cv2

    coarse = draw.integers(0, 255, (_COARSE, _COARSE, 3), dtype=np.uint8)
    side = (_PICTURE_SIDE, _PICTURE_SIDE)
    return np.asarray(cv2.resize(coarse, side, interpolation=cv2.INTER_CUBIC), np.uint8)


def _consent(house: House, grants: int, requester: str, owner: str) -> None:
    """Really enrol @ada and let the requester use her face; then people with ten grants each."""
    registry = house.guards.registry
    ada = registry.register_subject(owner, HANDLE, "Ada")
    person = people(shared_model_cache())[0]
    registry.enrol_attested(ada.id, attested_by=owner, pictures=person.looks[:1], recordings=(), keep_reference=True)
    until = datetime.now(UTC) + timedelta(days=30)
    faces = frozenset({Modality.FACE})
    with house.kernel.database.transaction():
        registry.grant(ada.id, GrantTerms(_for(requester), faces, expires_at=until), actor=owner)
        for number in range(0, grants, _GRANTS_EACH):
            account = new_id("acct")
            subject = registry.register_subject(account, f"person_{number}", f"Person {number}")
            for _ in range(min(_GRANTS_EACH, grants - number)):
                registry.grant(subject.id, GrantTerms(_for(new_id("acct")), faces, expires_at=until), actor=account)


def _for(account: str) -> Audience:
    return Audience(AudienceKind.PEOPLE, frozenset({account}))


def _enrol_strangers(house: House, count: int) -> None:
    """Random unit vectors as templates of people: as dear to search as real ones, and like nobody."""
    if not count:
        return
    kernel = house.kernel
    models = embedded_models(model_store(shared_model_cache()), SessionFactory())
    face = models.face_embedder
    senses = Senses(models.detector, models.activity, face, models.voice_embedder)
    store = DatabaseTemplateStore(kernel.database, kernel.clock)
    book = TemplateBook(store, kernel.keyring, Rotations(kernel.keys), FaissIndex, senses)
    draw = np.random.default_rng(4)
    with kernel.database.transaction():
        for _ in range(count):
            vector = draw.standard_normal(face.dimensions).astype(np.float32)
            likeness = Likeness(Sense.FACE, face.version, vector / np.linalg.norm(vector))
            book.keep(new_id("subj"), Gallery.CAMEO, [likeness])
