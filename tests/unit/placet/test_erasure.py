"""A person leaves a whole house, over HTTP and on the command line."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlmodel import SQLModel, select

from consent_registry.adapters.jws import Ed25519Receipts
from consent_registry.domain import payload_of
from consent_registry.service.receipts import PURPOSE
from copyright_optout.api import ClaimKind, ClaimTerms, Declaration, Filing, Ground, Licence, Proof, Role
from generator_gateway.ports import Owner, ReleaseRecord
from generator_gateway.stages import Draft, Request, Stopped
from generator_gateway.store.ownership import ToldUseStore
from generator_gateway.tables import CaseRow, MediaUseRow
from placet.app import build_app
from placet.cli.main import placet
from placet.receipts import verify
from placet.wiring import House, build_house
from placet.wiring.erased import search, words_of
from placet.wiring.export_pages import MATTERS
from placet.wiring.exporting import by_person
from placet.wiring.tables import metadata
from tests.factories.cases import a_request, an_admitted
from trust_kernel.audit.merkle import leaf_hash, root_from_inclusion
from trust_kernel.audit.notes import TreeHead
from trust_kernel.decisions import Verdict
from trust_kernel.delivery.tables import NoticeSettingsRow
from trust_kernel.errors import NotFound
from trust_kernel.events import OutboxRow
from trust_kernel.media.refs import MediaKind, MediaRef
from trust_kernel.settings import Settings
from trust_kernel.web.accounts import Accounts


@dataclass
class Person:
    account_id: str
    headers: dict[str, str]
    subject_id: str = ""


class Town:
    """A house with its application, and people in it."""

    def __init__(self, folder: Path) -> None:
        self.house: House = build_house(Settings(data_dir=folder))
        self.house.kernel.database.create_all()
        self.http = TestClient(build_app(self.house, pages=False))

    def person(self, name: str, *roles: str) -> Person:
        accounts: Accounts = self.house.kernel.accounts
        made = accounts.register(f"{name}@example.org", "a long password", roles, name.title())
        key = accounts.issue_key(made.id, "test", accounts.permissions(made.id)).plaintext
        return Person(made.id, {"authorization": f"Bearer {key}"})

    def subject(self, name: str) -> Person:
        person = self.person(name, "requester", "subject")
        body = {"handle": name, "display_name": f"{name.title()} Leaver", "birth_year": 1980}
        made = self.http.post("/v1/subjects", json=body, headers=person.headers)
        assert made.status_code == 201, made.text
        person.subject_id = made.json()["id"]
        return person

    def release(self, number: int, maker: Person, shown: Person) -> tuple[str, str]:
        """A released video of somebody; its id and digest."""
        kernel, now = self.house.kernel, self.house.kernel.clock.now()
        digest = kernel.blobs.put_bytes(f"a video, number {number}".encode())
        case_id = f"video_{number}"
        prompt = f"@{self.house.guards.registry.subject(shown.subject_id).handle} on the beach"
        request = Request(
            case_id, maker.account_id, prompt, "sora-2", 4, 640, 360, seed=1, characters=(shown.subject_id,)
        )
        row = CaseRow(
            id=case_id,
            account_id=maker.account_id,
            status="completed",
            request=TypeAdapter(Request).dump_python(request, mode="json"),
            release_number=number,
            created_at=now,
            completed_at=now,
        )
        owners = (
            Owner(maker.account_id, "requester", ("see",)),
            Owner(shown.account_id, "subject", ("see",), shown.subject_id, (), ("face",)),
        )
        with kernel.database.transaction() as session:
            session.add(row)
            session.add(MediaUseRow(digest=digest, case_id=case_id))
            session.flush()
            self.house.shelves.releases.add(
                ReleaseRecord(
                    case_id=case_id,
                    release_number=number,
                    media_digest=digest,
                    manifest_label=f"urn:{number}",
                    fingerprints=(),
                    status="released",
                    released_at=now,
                    ledger_index=0,
                    owners=owners,
                )
            )
        return case_id, digest


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path / "data")
    yield made
    made.house.kernel.database.dispose()


def a_life(town: Town) -> tuple[Person, Person, tuple[str, str], tuple[str, str]]:
    """Somebody with grants, a group, a bar, notices, a video of theirs and one by somebody else."""
    ada, bob = town.subject("ada_leaver"), town.subject("bob_stays")
    for path, body in (
        (f"/v1/subjects/{ada.subject_id}/grants", {"audience": {"kind": "people", "account_ids": [bob.account_id]}}),
        (f"/v1/subjects/{ada.subject_id}/grants", {"audience": {"kind": "everyone"}, "note": "as Ada Leaver likes"}),
    ):
        made = town.http.post(path, json={"modalities": ["face"], **body}, headers=ada.headers)
        assert made.status_code == 201, made.text
    town.http.post(f"/v1/follows/{bob.account_id}", headers=ada.headers)
    town.house.kernel.keyring.seal(ada.subject_id, b"x", "test")
    town.house.guards.likeness.look_for(ada.subject_id, "enrolled")
    return ada, bob, town.release(1, bob, ada), town.release(2, ada, bob)


def test_a_person_who_leaves_is_gone_and_the_command_proves_it(town: Town) -> None:
    ada, bob, (shown, shown_digest), (own, own_digest) = a_life(town)
    words = words_of(town.house, ada.subject_id, with_account=False)
    assert "Ada_Leaver Leaver" in words
    assert not search(town.house, ada.subject_id, words).clean

    gone = town.http.delete(f"/v1/subjects/{ada.subject_id}", headers=ada.headers)

    assert gone.status_code == 200, gone.text
    assert gone.json()["withdrawn"] == [shown]
    found = search(town.house, ada.subject_id, words)
    assert [(trace.place, trace.found) for trace in found.hits()] == []
    assert found.clean
    kernel = town.house.kernel
    assert not kernel.blobs.exists(shown_digest), "media of what showed them goes at once"
    assert kernel.blobs.exists(own_digest), "what the account made stays the account's"
    assert town.http.get("/v1/subjects/me", headers=ada.headers).status_code == 404
    assert town.http.get(f"/v1/videos/{own}", headers=ada.headers).status_code == 200
    assert town.http.get("/v1/subjects/me", headers=bob.headers).status_code == 200
    assert kernel.ledger.verify().ok
    told = town.http.get("/v1/notices", headers=bob.headers).json()["data"]
    withdrawn = [notice for notice in told if notice["type"] == "release:video:withdrawn"]
    assert withdrawn[0]["data"]["video_id"] == shown, "the other owner is told of the withdrawal"
    assert "ada_leaver" not in str(told)
    assert ada.subject_id not in str(told)


def test_with_the_account_goes_all_that_it_made(town: Town) -> None:
    ada, bob, (shown, _), (own, own_digest) = a_life(town)
    words = words_of(town.house, ada.subject_id, with_account=True)
    gone = town.http.delete(f"/v1/subjects/{ada.subject_id}?with_account=true", headers=ada.headers)
    assert gone.status_code == 200, gone.text
    found = search(town.house, ada.subject_id, (*words, "ada_leaver@example.org", ada.account_id))
    assert [(trace.place, trace.found) for trace in found.hits()] == []
    assert not town.house.kernel.blobs.exists(own_digest)
    assert town.http.get("/v1/subjects/me", headers=ada.headers).status_code == 401
    release = town.house.shelves.releases.find(own)
    assert release is not None
    assert release.status == "withdrawn", "whoever holds a copy is still told"
    seen = town.http.get(f"/v1/videos/{own}/owners", headers=bob.headers).json()
    assert (seen["state"], [one["handle"] for one in seen["owners"]]) == ("withdrawn", [None, "bob_stays"])
    assert town.http.get(f"/v1/videos/{own}", headers=bob.headers).status_code == 200
    assert town.house.kernel.ledger.verify().ok
    assert {owner.account_id for owner in release.owners if owner.role == "subject"} == {bob.account_id}
    assert shown


def test_a_rights_holder_who_leaves_is_gone_and_the_claims_stay_with_the_organisation(town: Town) -> None:
    holder, staff = town.subject("ada_leaver"), town.person("staff", "admin")
    rights = town.person("agent", "rights_holder")
    optouts = town.house.guards.optouts
    studio = optouts.organisations.found("Fox Studio", holder.account_id).id
    optouts.organisations.put_member(studio, rights.account_id, Role.AGENT, holder.account_id)
    optouts.organisations.accept(studio, rights.account_id)
    elsewhere = optouts.organisations.found("Hare Studio", rights.account_id).id
    optouts.organisations.put_member(elsewhere, holder.account_id, Role.VIEWER, rights.account_id)
    terms = ClaimTerms(ClaimKind.CHARACTER, "Boxwell", licences=(Licence(holder.account_id),))
    proof, declared = Proof(Ground.AUTHOR, "drawn by us"), frozenset(Declaration)
    claim = optouts.desk.file(Filing(studio, holder.account_id, terms, proof, declared))
    optouts.desk.activate(claim.id, actor=staff.account_id)
    words = words_of(town.house, holder.subject_id, with_account=True)
    left = town.http.delete(f"/v1/subjects/{holder.subject_id}?with_account=true", headers=holder.headers)
    assert left.status_code == 200, left.text
    found = search(town.house, holder.subject_id, (*words, holder.account_id))
    assert [(trace.place, trace.found) for trace in found.hits()] == []
    assert [hit.claim.id for hit in optouts.named("see Boxwell run")] == [claim.id]
    told = town.http.get("/v1/notices", headers=staff.headers).json()["data"]
    assert [one["data"] for one in told if one["type"] == "optout:organisation:ownerless"] == [
        {"organisation_id": studio, "name": "Fox Studio"}
    ]
    members = f"/v1/organisations/{studio}/members"
    named = town.http.put(f"{members}/{rights.account_id}", json={"role": "owner"}, headers=staff.headers)
    assert (named.status_code, named.json()["role"]) == (200, "owner")


def test_an_old_mails_link_brings_nobody_back(town: Town) -> None:
    for account_id in ("acct_gone", town.person("ada", "requester").account_id):
        token = town.house.delivery.links.token(account_id, "consent")
        assert town.http.post(f"/notices/off/{token}").status_code == 200
    with town.house.kernel.database.reading() as session:
        kept = session.exec(select(NoticeSettingsRow.account_id)).all()
    assert kept == [account_id]


def test_a_draft_that_waits_for_staff_goes_with_the_person_in_it_and_the_case_is_refused(town: Town) -> None:
    ada, bob = town.subject("ada_leaver"), town.subject("bob_stays")
    kernel, shelves = town.house.kernel, town.house.shelves
    words = words_of(town.house, ada.subject_id, with_account=False)
    digest = kernel.blobs.put_bytes(b"a draft of ada")
    request = a_request("video_9", bob.account_id, prompt="@ada_leaver on the beach", characters=(ada.subject_id,))
    shelves.cases.accept(request)
    assert shelves.leases.claim("video_9")
    draft = Draft(an_admitted(request), MediaRef(digest, MediaKind.VIDEO, "video/mp4", 14), "fake")
    shelves.journal.earn("video_9", draft)
    ToldUseStore(kernel.database).first("video_9", ada.subject_id, "likeness:use:drafted")
    shelves.cases.stop(Stopped("video_9", Verdict.HOLD, ("likeness:face:unsure",), "A person has to look."))

    gone = town.http.delete(f"/v1/subjects/{ada.subject_id}", headers=ada.headers)

    assert gone.status_code == 200, gone.text
    assert not kernel.blobs.exists(digest)
    with pytest.raises(NotFound), town.house.gateway.reviews.draft("video_9"):
        pass
    case = town.http.get("/v1/videos/video_9", headers=bob.headers).json()
    assert (case["status"], case["error"]["code"]) == ("failed", "consent:subject:forgotten")
    told = town.http.get("/v1/notices", headers=bob.headers).json()["data"]
    assert [one["data"]["code"] for one in told if one["type"] == "video:case:failed"] == ["consent:subject:forgotten"]
    found = search(town.house, ada.subject_id, words)
    assert [(trace.place, trace.found) for trace in found.hits()] == []
    assert kernel.ledger.verify().ok


def test_the_command_erases_and_proves_it_and_finds_what_is_left_anywhere(town: Town, tmp_path: Path) -> None:
    ada, bob, _, _ = a_life(town)
    line = ["erase", ada.subject_id, "--yes", "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(placet, line)
    assert done.exit_code == 0, done.output
    assert "1 videos were withdrawn" in done.output
    check = ["erase", ada.subject_id, "--check", "--also", "@ada_leaver", "--data", str(tmp_path / "data")]
    assert "nothing of them is left" in done.output
    kernel = town.house.kernel
    kernel.blobs.put_bytes(b"portrait of " + ada.subject_id.encode())
    with kernel.database.transaction() as session:
        now = kernel.clock.now()
        payload = {"of": ada.subject_id}
        row: SQLModel = OutboxRow(id="evt_1", type="test:thing:told", recipient=bob.account_id, payload=payload, at=now)
        session.add(row)
    kernel.keyring.seal("subj_other", b"x", "test")
    found = CliRunner().invoke(placet, check)
    assert found.exit_code == 1
    assert "found in outbox.payload: 1" in found.output
    assert "something of them is left" in found.output
    assert sum(trace.found for trace in search(town.house, ada.subject_id).files) == 1


def test_a_name_that_an_account_keeps_is_not_looked_for(town: Town) -> None:
    ada = town.person("somebody", "subject")
    body = {"handle": "somebody", "display_name": "Somebody", "birth_year": 1980}
    made = town.http.post("/v1/subjects", json=body, headers=ada.headers).json()["id"]
    assert "Somebody" not in words_of(town.house, made, with_account=False)
    assert "Somebody" in words_of(town.house, made, with_account=True)
    assert words_of(town.house, "subj_nobody", with_account=True) == ()


def test_a_medium_that_was_to_go_and_could_not_is_deleted_by_the_chore(town: Town) -> None:
    from placet.wiring.leaving import build_leaving_media

    kernel = town.house.kernel
    used, unused = kernel.blobs.put_bytes(b"used"), kernel.blobs.put_bytes(b"unused")
    media = build_leaving_media(kernel)
    with kernel.database.transaction() as session:
        session.add(MediaUseRow(digest=used, case_id="video_9"))
        media.note([used, unused])
        media.note_rows()
    assert kernel.blobs.exists(unused)
    assert media.sweep() == 3
    assert media.sweep() == 0
    assert (kernel.blobs.exists(used), kernel.blobs.exists(unused)) == (True, False)


def test_an_archive_holds_everything_about_a_person_and_nobody_else(town: Town, tmp_path: Path) -> None:
    ada, bob, (shown, _), (own, _) = a_life(town)
    eve = town.subject("eve_unknown")
    sent = town.http.get(f"/v1/subjects/{ada.subject_id}/export", headers=ada.headers)
    assert sent.status_code == 200
    assert sent.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(sent.content)) as archive:
        names = set(archive.namelist())
        texts = {name: archive.read(name).decode() for name in names if not name.endswith(".mp4")}
        assert archive.read(f"videos/{shown}.mp4") == b"a video, number 1"
    assert {
        "index.html",
        "index.it.html",
        "README.md",
        "data/profile.json",
        "data/grants.json",
        "receipts/jwks.json",
        "videos/videos.json",
        f"videos/{own}.mp4",
        "ledger/entries.json",
        "data/notices.json",
    } <= names
    everything = "\n".join(texts.values())
    assert "as Ada Leaver likes" in texts["data/grants.json"]
    assert "@bob_stays" in texts["data/grants.json"]
    assert "Everything about you" in texts["index.html"]
    assert 'lang="it"' in texts["index.it.html"]
    for nobody in (bob.account_id, bob.subject_id, eve.account_id, eve.subject_id, "bob_stays@example.org", "Bob"):
        assert nobody not in everything, nobody
    for secret in ("password", "secret_hash"):
        assert secret not in "".join(text for name, text in texts.items() if name.startswith("data/"))
    ledger = json.loads(texts["ledger/entries.json"])
    assert len(ledger["entries"]) == 2
    leaf = ledger["entries"][0]
    root = root_from_inclusion(
        leaf["index"], ledger["size"], leaf_hash(leaf["leaf"].encode()), [bytes.fromhex(one) for one in leaf["proof"]]
    )
    head = TreeHead.parse(town.house.kernel.ledger.key.open(ledger["checkpoint"]) or "")
    assert head is not None
    assert root == head.root
    receipts = [name for name in names if name.endswith(".jws")]
    assert len(receipts) == 2
    assert all(verify(texts[name], jwks=texts["receipts/jwks.json"]).holds for name in receipts)
    assert town.http.get(f"/v1/subjects/{ada.subject_id}/export", headers=bob.headers).status_code == 404
    line = ["export", ada.subject_id, "-o", str(tmp_path / "a.zip"), "--data", str(tmp_path / "data")]
    assert CliRunner().invoke(placet, line).exit_code == 0
    assert (tmp_path / "a.zip").stat().st_mode & 0o777 == 0o600
    assert zipfile.is_zipfile(tmp_path / "a.zip")


def test_every_table_that_somebody_stands_in_has_its_place_in_the_archive() -> None:
    named = {name for name in metadata().tables if by_person(metadata().tables[name])}
    assert set(MATTERS) <= set(metadata().tables)
    strangers = {"attestations", "likeness_counters"}
    assert {name for name in named if {"subject_id", "account_id"} & set(metadata().tables[name].columns.keys())} <= (
        set(MATTERS) | strangers
    )


def test_a_receipt_is_listed_downloaded_and_checked_on_the_command_line(town: Town, tmp_path: Path) -> None:
    ada, _, _, _ = a_life(town)
    listed = town.http.get(f"/v1/subjects/{ada.subject_id}/receipts", headers=ada.headers).json()["data"]
    assert [line["state"] for line in listed] == ["active", "active"]
    one = town.http.get(f"/v1/receipts/{listed[0]['id']}", headers=ada.headers)
    assert one.headers["content-type"] == "application/jose"
    assert listed[0]["id"] in one.headers["content-disposition"]
    said = town.http.get(f"/v1/receipts/{listed[0]['id']}?form=json", headers=ada.headers).json()
    assert said["dct:identifier"] == listed[0]["id"]
    file, keys = tmp_path / "r.jws", tmp_path / "jwks.json"
    file.write_bytes(one.content)
    keys.write_bytes(town.http.get("/.well-known/placet-jwks.json").content)
    data, command = str(tmp_path / "data"), ["receipt", "verify", str(file)]
    run = CliRunner().invoke
    assert run(placet, [*command, "--jwks", str(keys)]).exit_code == 0
    assert run(placet, [*command, "--data", data]).exit_code == 0
    over = run(placet, [*command, "--jwks", str(keys), "--at", "2100-01-01", "--json"])
    assert (over.exit_code, json.loads(over.output)["fault"]) == (1, "consent:receipt:expired")
    assert run(placet, [*command, "--jwks", str(keys), "--issuer", "https://other.example"]).exit_code == 5
    assert run(placet, [*command, "--jwks", str(file)]).exit_code == 4
    revoked = town.http.post(f"/v1/grants/{listed[0]['grant_id']}/revoke", headers=ada.headers)
    assert revoked.status_code == 200
    newest = town.http.get(f"/v1/grants/{listed[0]['grant_id']}/receipt", headers=ada.headers).json()["receipt"]
    later = tmp_path / "later.jws"
    later.write_text(newest)
    told = run(placet, [*command, "--jwks", str(keys), "--newer", str(later)])
    assert (told.exit_code, "superseded" in told.output) == (1, True)
    assert run(placet, ["receipt", "rotate", "--data", data]).output.strip() == "new receipts are signed with key 2"
    assert run(placet, [*command, "--jwks", str(keys)]).exit_code == 0
    assert "from the start, over from" in run(placet, ["receipt", "keys", "--data", data]).output


def test_a_receipt_says_no_more_than_is_known_where_it_is_checked(town: Town, tmp_path: Path) -> None:
    ada, _, _, _ = a_life(town)
    one, other = town.http.get(f"/v1/subjects/{ada.subject_id}/receipts", headers=ada.headers).json()["data"]
    data, keys = ["--data", str(tmp_path / "data")], tmp_path / "jwks.json"
    keys.write_bytes(town.http.get("/.well-known/placet-jwks.json").content)

    def checked(line: dict[str, str], *how: str) -> Result:
        file = tmp_path / f"{line['id']}.jws"
        file.write_bytes(town.http.get(f"/v1/receipts/{line['id']}", headers=ada.headers).content)
        return CliRunner().invoke(placet, ["receipt", "verify", str(file), *how])

    assert town.http.post(f"/v1/grants/{one['grant_id']}/revoke", headers=ada.headers).status_code == 200
    alone = checked(one, "--jwks", str(keys))
    assert (alone.exit_code, "Whether it was taken back since" in alone.output) == (0, True)
    here = checked(one, *data)
    assert (here.exit_code, "Its consent was taken back since" in here.output) == (1, True)
    assert checked(one, *data, "--at", "2020-01-01").exit_code == 1, "it had not begun"
    as_json = json.loads(checked(one, *data, "--json").output)
    assert (as_json["fault"], as_json["superseded_by"]["state"]) == ("consent:receipt:superseded", "revoked")
    stands = checked(other, *data)
    assert (stands.exit_code, "By this deployment's data it was not over" in stands.output) == (0, True)


def test_the_theft_of_a_key_is_told_and_what_its_own_database_holds_is_beyond_doubt(town: Town, tmp_path: Path) -> None:
    ada, _, _, _ = a_life(town)
    real = town.house.guards.registry.receipts(ada.subject_id)[0].compact
    thief = Ed25519Receipts.from_seed(town.house.kernel.keys.derive(PURPOSE))
    forged = thief.sign({**payload_of(real), "dct:identifier": "rcpt_made_up"})
    data = ["--data", str(tmp_path / "data")]

    def run(*words: str, given: str = "") -> Result:
        return CliRunner().invoke(placet, ["receipt", *words, *data], input=given)

    assert run("rotate", "--since", "2026-01-01").exit_code == 2
    told = run("rotate", "--stolen", "1")
    assert "key 1 is not to be trusted from" in told.output
    assert "receipts are signed with key 2" in told.output
    assert "from the start, stolen from" in run("keys").output
    assert run("rotate", "--stolen", "9").exit_code != 0
    doubtful, sure = run("verify", "-", given=forged), run("verify", "-", given=real)
    assert "Its key was stolen" in doubtful.output
    assert (sure.exit_code, "stolen" in sure.output) == (0, False)
    run("rotate", "--stolen", "1", "--since", "2020-01-01")
    assert run("verify", "-", given=real).exit_code == 5
    assert town.house.kernel.ledger.verify().ok
