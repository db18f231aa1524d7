"""The C2PA trust lists: what ships, what replaces it, and what never does."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.credentials import draw_video, make_authority, make_claim
from trust_kernel.errors import Broken, Conflict, InvalidInput, Unavailable
from watermark.adapters.c2pa_reading import read_here
from watermark.adapters.c2pa_settings import c2pa_settings
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.trust_lists import MAX_LIST, TrustStore, read_authorities, shipped_trust
from watermark.domain.credential_report import report_on
from watermark.domain.credentials import CredentialProfile, CredentialState, TrustAnchors
from watermark.domain.key_usages import CLAIM_SIGNING, TIME_STAMPING
from watermark.domain.trust_lists import TrustKind, TrustReason, has_shrunk

CLAIMS_URL = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/C2PA-TRUST-LIST.pem"
STAMPS_URL = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/C2PA-TSA-TRUST-LIST.pem"
NOW = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)


class FixedClock:
    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def certificate(
    name: str, usages: tuple[str, ...] = (), *, ca: bool = True, may_sign: bool = True, usage_stated: bool = True
) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage_stated:
        signs = x509.KeyUsage(not may_sign, False, False, False, False, may_sign, False, False, False)
        builder = builder.add_extension(signs, critical=True)
    if usages:
        purposes = x509.ExtendedKeyUsage([ObjectIdentifier(usage) for usage in usages])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def shipped_pem(kind: TrustKind) -> str:
    return "".join(authority.pem for authority in shipped_trust().of(kind))


def serving(claims: str, stamps: str) -> Callable[[str], bytes]:
    return {CLAIMS_URL: claims.encode(), STAMPS_URL: stamps.encode()}.__getitem__


def test_the_shipped_lists_are_those_of_the_c2pa_with_date_and_source() -> None:
    lists = shipped_trust()
    assert lists.shipped
    assert (lists.date.year, lists.date.month) == (2026, 11)
    assert "c2pa-org/conformance-public" in lists.source
    assert len(lists.of(TrustKind.CLAIMS)) == 30
    assert len(lists.of(TrustKind.STAMPS)) == 22
    names = " ".join(authority.subject for authority in lists.authorities)
    for maker in ("Google", "SSL.com", "DigiCert", "Adobe", "Irdeto", "Trufo"):
        assert maker in names


def test_every_shipped_authority_may_issue_for_the_purpose_of_its_list_and_is_valid_that_day() -> None:
    lists = shipped_trust()
    day = datetime.combine(lists.date, datetime.min.time(), UTC)
    assert all(authority.fits and authority.is_valid_at(day) for authority in lists.authorities)
    assert not any(TIME_STAMPING in (authority.usages or ()) for authority in lists.of(TrustKind.CLAIMS))


def test_a_validator_takes_the_shipped_lists_and_still_does_not_trust_a_stranger(tmp_path: Path) -> None:
    import c2pa

    with c2pa.Context.from_dict(c2pa_settings(shipped_trust().anchors)):
        pass
    stranger = make_authority("Google C2PA Root CA G3").issue()
    signer = C2paSigner(lambda: stranger, CredentialProfile())
    signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "b.mp4", make_claim(), [])
    state = report_on(read_here(tmp_path / "b.mp4", shipped_trust().anchors), CredentialProfile()).state
    assert state is CredentialState.VALID_UNTRUSTED


def test_who_is_on_the_fetched_list_is_trusted(tmp_path: Path) -> None:
    newcomer = make_authority("Newcomer")
    store = TrustStore(tmp_path, FixedClock())
    store.update(serving(shipped_pem(TrustKind.CLAIMS) + newcomer.pem, shipped_pem(TrustKind.STAMPS)))
    identity = newcomer.issue()
    signer = C2paSigner(lambda: identity, CredentialProfile())
    signer.sign(draw_video(tmp_path / "a.mp4"), tmp_path / "b.mp4", make_claim(), [])
    anchors = TrustStore(tmp_path, FixedClock()).load().anchors
    assert report_on(read_here(tmp_path / "b.mp4", anchors), CredentialProfile()).state is CredentialState.TRUSTED


def test_before_any_update_the_shipped_lists_are_in_use(tmp_path: Path) -> None:
    assert TrustStore(tmp_path / "none", FixedClock()).load() == shipped_trust()


def test_an_update_is_kept_with_day_source_and_digest_and_says_what_changed(tmp_path: Path) -> None:
    gone = shipped_trust().of(TrustKind.CLAIMS)[0]
    claims = shipped_pem(TrustKind.CLAIMS).replace(gone.pem, "Subject: a note\n") + certificate("New", (CLAIM_SIGNING,))
    stamps = shipped_pem(TrustKind.STAMPS)
    store = TrustStore(tmp_path / "trust", FixedClock())
    change = store.update(serving(claims, stamps))
    assert [authority.subject for authority in change.added] == ["CN=New"]
    assert change.removed == (gone,)
    lists = TrustStore(tmp_path / "trust", FixedClock()).load()
    assert lists == change.now
    assert not lists.shipped
    assert lists.date == NOW.date()
    assert lists.source == f"{CLAIMS_URL} {STAMPS_URL}"
    assert lists.digests[TrustKind.CLAIMS] == hashlib.sha256(claims.encode()).hexdigest()
    assert [entry.name for entry in (tmp_path / "trust").iterdir()] == ["trust-lists.json"]


def test_a_newer_version_of_the_product_brings_newer_lists_than_an_old_update(tmp_path: Path) -> None:
    shipped = shipped_trust()
    old = FixedClock(datetime.combine(shipped.date, datetime.min.time(), UTC) - timedelta(days=1))
    store = TrustStore(tmp_path, old)
    store.update(serving(shipped_pem(TrustKind.CLAIMS), shipped_pem(TrustKind.STAMPS)))
    assert store.load() == shipped


def test_a_list_that_lost_more_than_half_is_taken_only_on_purpose(tmp_path: Path) -> None:
    few = "".join(authority.pem for authority in shipped_trust().of(TrustKind.CLAIMS)[:14])
    fetch = serving(few, shipped_pem(TrustKind.STAMPS))
    store = TrustStore(tmp_path, FixedClock())
    with pytest.raises(Conflict) as refusal:
        store.update(fetch)
    assert (refusal.value.code, refusal.value.field) == (TrustReason.SHRANK, "claims")
    assert store.load().shipped
    assert len(store.update(fetch, force=True).now.of(TrustKind.CLAIMS)) == 14


def test_as_many_strangers_do_not_make_up_for_those_who_are_gone(tmp_path: Path) -> None:
    strangers = "".join(certificate(f"Stranger {number}") for number in range(30))
    store = TrustStore(tmp_path, FixedClock())
    with pytest.raises(Conflict):
        store.update(serving(strangers, shipped_pem(TrustKind.STAMPS)))
    assert store.load().shipped


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _: "", TrustReason.UNREADABLE),
        (lambda _: "<html>rate limited</html>", TrustReason.UNREADABLE),
        (lambda pem: pem[: len(pem) - 400], TrustReason.UNREADABLE),
        (lambda pem: pem.replace("MII", "AAA", 1), TrustReason.UNREADABLE),
        (lambda pem: pem + "\n" * MAX_LIST, TrustReason.UNREADABLE),
        (lambda pem: pem + "-----BEGIN CERTIFICATE-----\n" * 2000, TrustReason.UNREADABLE),
        (lambda pem: pem + certificate("Leaf", ca=False, may_sign=False), TrustReason.NOT_AN_AUTHORITY),
        (lambda pem: pem + certificate("No signing", may_sign=False), TrustReason.NOT_AN_AUTHORITY),
        (lambda pem: pem + certificate("Silent", usage_stated=False), TrustReason.NOT_AN_AUTHORITY),
        (lambda pem: pem + certificate("TSA", (TIME_STAMPING,)), TrustReason.NOT_AN_AUTHORITY),
    ],
)
def test_a_list_with_one_thing_wrong_is_refused_whole(
    tmp_path: Path, spoil: Callable[[str], str], reason: TrustReason
) -> None:
    store = TrustStore(tmp_path, FixedClock())
    fetch = serving(spoil(shipped_pem(TrustKind.CLAIMS)), shipped_pem(TrustKind.STAMPS))
    for force in (False, True):
        with pytest.raises(InvalidInput) as refusal:
            store.update(fetch, force=force)
        assert refusal.value.code == reason
    assert store.load() == shipped_trust()


def test_the_two_lists_cannot_be_swapped(tmp_path: Path) -> None:
    store = TrustStore(tmp_path, FixedClock())
    with pytest.raises(InvalidInput) as refusal:
        store.update(serving(shipped_pem(TrustKind.STAMPS), shipped_pem(TrustKind.CLAIMS)), force=True)
    assert refusal.value.code == TrustReason.NOT_AN_AUTHORITY


def test_when_the_second_list_does_not_come_the_first_is_not_kept_either(tmp_path: Path) -> None:
    def fetch(url: str) -> bytes:
        if url == STAMPS_URL:
            raise Unavailable("the address does not answer")
        return (shipped_pem(TrustKind.CLAIMS) + certificate("New")).encode()

    store = TrustStore(tmp_path, FixedClock())
    with pytest.raises(Unavailable):
        store.update(fetch)
    assert store.load() == shipped_trust()


def test_lists_are_taken_from_a_folder_on_a_machine_without_a_way_out(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    store = TrustStore(tmp_path / "data", FixedClock())
    with pytest.raises(InvalidInput) as refusal:
        store.take(folder)
    assert "C2PA-TSA-TRUST-LIST.pem" in refusal.value.detail
    (folder / "C2PA-TRUST-LIST.pem").write_text(shipped_pem(TrustKind.CLAIMS) + certificate("New"))
    (folder / "C2PA-TSA-TRUST-LIST.pem").write_text(shipped_pem(TrustKind.STAMPS))
    assert [authority.subject for authority in store.take(folder).added] == ["CN=New"]
    assert store.load().source == "stick"


@pytest.mark.parametrize("damage", ["cut", "edited", "not_json", "empty", "other"])
def test_lists_that_were_changed_on_disk_are_not_believed_until_updated_again(tmp_path: Path, damage: str) -> None:
    store = TrustStore(tmp_path, FixedClock())
    fetch = serving(shipped_pem(TrustKind.CLAIMS), shipped_pem(TrustKind.STAMPS))
    store.update(fetch)
    kept = tmp_path / "trust-lists.json"
    whole = kept.read_text()
    document = json.loads(whole)
    foreign = json.dumps(certificate("Evil"))[1:-1]
    spoiled = {
        "cut": whole[:1000],
        "edited": json.dumps({**document, "body": document["body"].replace('"pem": "', f'"pem": "{foreign}', 1)}),
        "not_json": "{",
        "empty": "",
        "other": "[]",
    }[damage]
    assert spoiled != whole
    kept.write_text(spoiled)
    with pytest.raises(Broken) as refusal:
        store.load()
    assert refusal.value.code == TrustReason.DAMAGED
    assert "placet trust update" in refusal.value.detail
    store.update(fetch)
    assert not store.load().shipped


def test_one_who_ran_out_stays_believed_for_what_was_stamped_before() -> None:
    lists = shipped_trust()
    later = datetime(2031, 1, 1, tzinfo=UTC)
    assert any(not authority.is_valid_at(later) for authority in lists.authorities)
    assert lists.anchors == TrustAnchors(
        tuple(authority.pem for authority in lists.of(TrustKind.CLAIMS)),
        tuple(authority.pem for authority in lists.of(TrustKind.STAMPS)),
    )


def test_who_is_listed_twice_counts_once() -> None:
    pem = certificate("Twice").encode()
    assert len(read_authorities(pem + pem, TrustKind.CLAIMS)) == 1


@given(st.sets(st.integers(0, 21)))
@settings(max_examples=40, deadline=None)
def test_a_list_has_shrunk_exactly_when_fewer_than_half_are_left(kept: set[int]) -> None:
    before = shipped_trust().of(TrustKind.STAMPS)
    now = [before[place] for place in sorted(kept)]
    assert has_shrunk(before, now) is (len(kept) < 11)
