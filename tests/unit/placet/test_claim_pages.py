"""Pages of rights holders, and staff's of claims, through the real application: each person in their own browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from copyright_optout.api import Element, GivenNotice, Statute, Texts
from generator_gateway.api import Batch, BatchState, GatewayReason, TakedownCause, Touched
from generator_gateway.ports.takedowns import ItemState
from generator_gateway.store.takedowns import TakedownStore
from likeness_guard.api import NewEntry
from placet.app import build_app
from placet.migrate import migrate
from placet.wiring import build_house
from review_ui.rights import imports as import_pages
from tests.unit.placet.test_own_pages import SITE, Person, Site
from trust_kernel.settings import Settings
from trust_kernel.web.csrf import csrf_token

DECLARED = ["accurate", "authorised", "good_faith"]
FORM = {"title": "Boxwell", "kind": "character", "told": "title", "ground": "author", "statement": "drawn since 1998"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data: Path = tmp_path_factory.mktemp("claims")
    house = build_house(Settings(data_dir=data, public_url=SITE, _env_file=None))
    migrate(house.kernel)
    with TestClient(build_app(house), base_url=SITE) as client:
        yield Site(house, client)
    house.kernel.database.dispose()


@pytest.fixture(scope="module")
def studio(site: Site) -> Person:
    return site.person("studio", "rights_holder", handle=False)


@pytest.fixture(scope="module")
def rival(site: Site) -> Person:
    return site.person("rival", "rights_holder", handle=False)


@pytest.fixture(scope="module")
def staff(site: Site) -> Person:
    return site.person("staff", "reviewer", handle=False)


def filed(site: Site, who: Person, title: str, deed: str = "submit", **more: str) -> str:
    """File a claim on the page; gives its number."""
    form = {**FORM, "title": title, "deed": deed, **more, "declarations": DECLARED}
    page = site.post(who, "/rights/claims/new", **form)  # type: ignore[arg-type] # several boxes of one name
    found = re.search(r"<code>(claim_\w+)</code>", page)
    assert found
    return found[1]


def test_a_claim_is_drafted_changed_tried_licensed_and_submitted(site: Site, studio: Person) -> None:
    claim = filed(site, studio, "Quillfeather", "draft", statement="")
    here = f"/rights/claims/{claim}"
    assert "Kept as a draft" in site.get(studio, f"{here}?done=drafted")
    assert 'value="Quillfeather"' in site.get(studio, f"{here}/change")
    changed = {"title": "Quillfeather", "kind": "character", "told": "kind", "names": "The Quill\nQuilly"}
    assert "<bdi>The Quill</bdi>, <bdi>Quilly</bdi>" in site.post(studio, f"{here}/change", **changed)
    assert "None of 0 requests in 7 days" in site.post(studio, f"{here}/rehearsal", days="7")
    assert 'id="days-fault"' in site.post(studio, f"{here}/rehearsal", 422, days="91")
    page = site.post(studio, f"{here}/licences", licensee="acct_x", licensed="comedy", until="2099-01-01")
    assert "acct_x</code>, in comedy, until" in page
    assert 'value="Italy"' in site.post(studio, f"{here}/licences", 422, licensee="acct_y", places="Italy")
    assert "Nobody but" in site.post(studio, f"{here}/licences/end", licensee="acct_x")
    page = site.post(studio, f"{here}/submit", 422, ground="owner", statement="ours <since> 1998")
    assert "ours <since> 1998" in page
    assert 'id="declarations-fault"' in page
    done = {"ground": "owner", "statement": "ours", "declarations": DECLARED}
    assert "waits for staff" in site.post(studio, f"{here}/submit", **done)  # type: ignore[arg-type]
    assert "Change it" not in site.get(studio, here)
    assert "Withdrawn." in site.post(studio, f"{here}/withdraw")


def test_nothing_typed_is_lost_where_a_claim_is_refused(site: Site, studio: Person) -> None:
    typed = {**FORM, "title": "the", "names": "One\nTwo", "territories": "IT", "expires_at": "2099-02-03"}
    page = site.post(studio, "/rights/claims/new", 422, deed="submit", **typed)
    for kept in ('value="the"', "One Two", 'value="IT"', 'value="2099-02-03"', "drawn since 1998", 'id="title-fault"'):
        assert kept in page
    page = site.post(studio, "/rights/claims/new", 422, deed="submit", **{**typed, "title": "Fine", "territories": "X"})
    assert 'id="territories-fault"' in page


def test_a_reference_that_is_no_medium_is_refused_and_the_page_says_what_is_not_searched(
    site: Site, studio: Person
) -> None:
    claim = filed(site, studio, "Fennimore", "draft")
    assert "Choose a file." in site.post(studio, f"/rights/claims/{claim}/references", 422)
    assert "look-alikes: not searched" in site.get(studio, f"/rights/claims/{claim}")
    assert "PLACET_" not in site.get(studio, "/rights")


def test_somebody_elses_claims_are_not_found(site: Site, studio: Person, rival: Person) -> None:
    claim = filed(site, studio, "Marrowby")
    site.get(rival, f"/rights/claims/{claim}", 404)
    site.post(rival, f"/rights/claims/{claim}/withdraw", 404)
    assert "Marrowby" not in site.get(rival, "/rights")
    site.get(studio, f"/staff/claims/{claim}", 403)


def test_members_are_taken_in_and_everything_takes_a_licence(site: Site, rival: Person, studio: Person) -> None:
    assert 'id="name-fault"' in site.post(rival, "/rights/organisations", 422, name="  ")
    page = site.post(rival, "/rights/organisations", name="Rival & Sons")
    found = re.search(r"/rights/organisations/(org_\w+)/rule", page)
    assert found
    here = f"/rights/organisations/{found[1]}"
    assert "Nothing of theirs is made" in site.post(rival, f"{here}/rule", only_licensed="yes")
    assert "no such account" in site.post(rival, f"{here}/members", 404, account_id="acct_no", role="agent")
    said = site.post(rival, f"{here}/members", account_id=studio.account_id, role="viewer")
    assert "once they accept" in said
    assert "viewer, invited" in said
    assert "Rival & Sons invites you" in site.get(studio, "/rights/organisations")
    assert "You act for it now." in site.post(studio, f"{here}/accept")
    assert "there is no such organisation" in site.post(studio, f"{here}/accept", 404).lower()
    assert "this takes the role owner" in site.post(studio, f"{here}/rule", 403, only_licensed="no").lower()
    assert "do not act for it" in site.post(studio, f"{here}/members/{studio.account_id}/drop")


def test_a_list_is_sent_and_each_line_answered(site: Site, rival: Person) -> None:
    assert 'id="file-fault"' in site.post(rival, "/rights/imports", 422, deed="submit", statement="kept")
    table = b"title,kind\nPipwick,character\nThe,character\n"
    page = sent(site, rival, table)
    assert "waits" in page
    imports = site.house.guards.optouts.imports
    assert imports is not None
    imports.tend()
    number = re.search(r"/v1/optouts/imports/(imp_\w+)/report", page)
    assert number
    page = site.get(rival, f"/rights/imports/{number[1]}")
    assert "<dt>Added</dt><dd>1</dd>" in page
    assert "Line 3" in page
    assert "Line 2" not in page


def test_whoever_acts_for_several_says_for_which_a_list_is(site: Site) -> None:
    agent = site.person("agent_of_two", "rights_holder", handle=False)
    organisations = site.house.guards.optouts.organisations
    imports = site.house.guards.optouts.imports
    assert imports is not None
    first = organisations.found("First & Co", agent.account_id)
    assert 'name="organisation"' not in site.get(agent, "/rights/imports")
    second = organisations.found("Second & Co", agent.account_id)
    assert f'<option value="{second.id}">Second & Co</option>' in site.get(agent, "/rights/imports")
    page = site.post(agent, "/rights/imports", 422, deed="submit", organisation=second.id)
    assert f'<option value="{second.id}" selected>' in page
    sent(site, agent, b"title,kind\nBriarwick,character\n", organisation=second.id)
    assert [len(imports.page([one.id], after=None, limit=5)) for one in (first, second)] == [0, 1]


def test_of_a_long_list_the_page_shows_the_first_lines_to_look_at_and_counts_the_others(
    site: Site, rival: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_pages, "_MOST_SHOWN", 2)
    table = b"title,kind\n" + b"Quillfeather,character\n" + b"The,character\n" * 5
    page = sent(site, rival, table)
    imports = site.house.guards.optouts.imports
    assert imports is not None
    imports.tend()
    number = re.search(r"/v1/optouts/imports/(imp_\w+)/report", page)
    assert number
    whole = pytest.MonkeyPatch()
    whole.setattr(type(imports), "report", None)  # nobody reads all of it for this
    page = site.get(rival, f"/rights/imports/{number[1]}")
    whole.undo()
    assert re.findall(r"Line \d+", page) == ["Line 3", "Line 4"]
    assert "And 3 more" in page


def sent(site: Site, who: Person, table: bytes, **form: str) -> str:
    """Send a list on the page; gives the page that it leads to."""
    headers = {"accept": "text/html", "cookie": site._cookie(who)}
    data = {"csrf_token": csrf_token(who.session), "deed": "draft", "ground": "owner", "statement": "ours", **form}
    answer = site.client.post(
        "/rights/imports", data=data, files={"file": ("a.csv", table)}, headers=headers, follow_redirects=False
    )
    assert answer.status_code == 303, answer.text
    return site.get(who, answer.headers["location"])


def decided(site: Site, staff: Person, claim: str, status: int = 303, **form: str) -> str:
    """What staff get who look at a claim and decide on it then."""
    here = f"/staff/claims/{claim}"
    seen = re.search(r'name="seen" value="([^"]+)"', site.get(staff, here))
    assert seen
    return site.post(staff, here, status, seen=seen[1], **form)


def test_staff_activate_a_claim_once_they_have_looked_at_what_speaks_against_it(
    site: Site, studio: Person, rival: Person, staff: Person
) -> None:
    filed(site, rival, "Thornapple")
    claim = filed(site, studio, "Thornapple")
    here = f"/staff/claims/{claim}"
    page = site.get(staff, "/staff/claims")
    assert here in page
    assert "drawn since 1998" in site.get(staff, here)
    assert "Choose what becomes" in site.post(staff, here, 422)
    assert "Look at the claim" in site.post(staff, here, 422, deed="activate")
    assert "Look at this first, and tick below" in decided(site, staff, claim, 409, deed="activate")
    assert "changed since you looked" in site.post(staff, here, 409, deed="verify", seen="2026-01-01T00:00:00Z")
    assert "It is active" in decided(site, staff, claim, deed="activate", despite="duplicate")
    assert "active" in site.get(studio, f"/rights/claims/{claim}")
    assert "suspended" in decided(site, staff, claim, deed="dispute")
    assert "Withdrawn, for good." in decided(site, staff, claim, deed="withdraw")


def test_a_batch_is_proposed_confirmed_in_part_and_undone(site: Site, studio: Person, staff: Person) -> None:
    maker = site.person("maker")
    claim = filed(site, studio, "Wimbleton")
    decided(site, staff, claim, deed="activate")
    videos = [site.video(maker), site.video(maker)]
    cause = TakedownCause(GatewayReason.TAKEN_DOWN_FOR_CLAIM, claim, "Wimbleton")
    desk = site.house.gateway.takedowns
    batch = desk.propose([Touched(one, "prompt", 1.0, "W1mbleton") for one in videos], cause, staff.account_id)
    here = f"/staff/takedowns/{batch.id}"
    assert "Wimbleton" in site.get(staff, "/staff/takedowns?state=proposed")
    assert "<mark>W1mbleton</mark>" in site.get(staff, here)
    assert "Choose among the videos" in site.post(staff, here, 422, deed="confirm")
    page = site.post(staff, here, deed="confirm", videos=videos[0], note="as <seen>")
    assert "as <seen>" in page
    assert "taken down" in page
    assert ": stays" in page
    assert "does not stand any more" not in page
    decided(site, staff, claim, deed="dispute")
    desk.sweep()
    assert "does not stand any more" in site.get(staff, here)
    assert "does not stand any more" in site.get(staff, "/staff/takedowns?state=groundless")
    assert "</strong> batch whose cause does not stand any more" in site.get(staff, "/staff")
    assert "It is over, or contested." in site.post(staff, "/staff/takedowns", 409, claim_id=claim)
    decided(site, staff, claim, deed="activate")
    assert "They are out again" in site.post(staff, here, deed="undo")
    assert "no such claim or blocklist entry" in site.post(staff, "/staff/takedowns", 422, claim_id="claim_no")
    assert "It is being looked for." in site.post(staff, "/staff/takedowns", claim_id=claim)


def test_a_notice_stands_under_what_runs_out_next_and_is_turned_down_with_a_reason(
    site: Site, studio: Person, staff: Person
) -> None:
    video = site.video(site.person("maker_of_more"))
    texts = Texts("Ann", "ann@example.org", "1", "1 Long Street", "", "Boxwell", "Mine <all>", (video,), "Ann")
    given = GivenNotice(Statute.DMCA, texts, frozenset(Element), None, None, "en")
    notice = site.house.gateway.notices.intake.file(given)
    here = f"/staff/notices/{notice.id}"
    clocks = site.get(staff, "/staff/notices")
    assert f'<a href="{here}">decide about it</a>' in clocks
    page = site.get(staff, here)
    assert "Mine <all>" in page
    assert video in page
    assert "Say why it is turned down." in site.post(staff, here, 422, deed="reject")
    assert "no such video" in site.post(staff, here, 422, deed="locate", videos="no such video")
    assert "Taken down." in site.post(staff, here, deed="act")
    assert "A law sets dates here" in site.get(staff, f"/staff/takedowns/{batch_of(site, notice.id)}")
    assert "a suit is pending" in site.get(staff, here).lower()
    assert "In court since" in site.post(staff, here, deed="sued")
    site.get(studio, here, 403)


def batch_of(site: Site, notice_id: str) -> str:
    """The batch by which a notice took videos down."""
    found: str = site.house.gateway.notices.bench.notice(notice_id).down[0].batch_id
    return found


def test_staff_read_whom_a_batch_is_about_and_have_somebody_looked_for(site: Site, staff: Person) -> None:
    maker, house = site.person("filmer"), site.house
    people = ("Zebulon Quartermain", "Mirabel Okonkwo")
    zeb, mira = [house.guards.likeness.add_entry(NewEntry(name)) for name in people]
    cause = TakedownCause(GatewayReason.TAKEN_DOWN_FOR_PERSON, zeb)
    one = house.gateway.takedowns.propose([Touched(site.video(maker), "face", 0.9)], cause, staff.account_id)
    page = site.get(staff, f"/staff/takedowns/{one.id}")
    assert "<h1><bdi>Zebulon Quartermain</bdi>" in page
    assert "found by a face in it" in page
    assert "Zebulon Quartermain" in site.get(staff, "/staff/takedowns")
    together = Batch(
        "takedown_x", TakedownCause(cause.reason), BatchState.PROPOSED, staff.account_id, house.kernel.clock.now()
    )
    touched = [
        Touched(site.video(maker), "prompt", 1.0, name, about) for name, about in zip(people, (zeb, mira), strict=True)
    ]
    TakedownStore(house.kernel.database).add(together, touched, ItemState.PROPOSED, [zeb, mira])
    page = site.get(staff, "/staff/takedowns/takedown_x")
    assert "2 at once" in page
    assert all(f"<bdi>{name}</bdi>, found by the prompt" in page for name in people)
    assert "2 at once" in site.get(staff, "/staff/takedowns")
    assert "It is being looked for." in site.post(staff, "/staff/takedowns", claim_id=mira)
