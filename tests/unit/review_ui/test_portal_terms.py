"""The form in which a use is allowed: what is typed becomes exactly that consent, or a fault beside the field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.api import Audience, AudienceKind, Context, Modality, Mode, OnRevocation, Purpose, Scope, Subject
from review_ui.portal.faults import faults_in
from review_ui.portal.terms import FIELDS, AllowForm
from review_ui.portal.views import audience
from review_ui.portal.words import CONTEXTS, scope_lines
from trust_kernel.errors import InvalidInput

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ADA = Subject("subj_1", "acct_ada", "ada", "Ada", 0, minor=False)
FORM = AllowForm(person=" @Ada ")


def test_the_least_that_was_typed_is_the_narrowest_consent() -> None:
    terms = FORM.terms(NOW, [ADA])
    assert terms.audience == Audience(AudienceKind.PEOPLE, frozenset({"acct_ada"}))
    assert terms.modalities == {Modality.FACE}
    assert terms.expires_at == NOW + timedelta(days=30)
    assert (terms.max_uses, terms.allows_remix, terms.on_revocation) == (None, False, OnRevocation.WITHDRAW)
    assert (terms.scope, terms.mode, terms.daily_uses) == (Scope(), Mode.AUTOMATIC, None)
    assert FORM.handles == ("ada",)
    assert not FORM.more


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (replace(FORM, audience="strangers"), "audience"),
        (replace(FORM, audience="only_me"), "audience"),
        (replace(FORM, person=" @ "), "person"),
        (replace(FORM, days=""), "days"),
        (replace(FORM, days="-1"), "days"),
        (replace(FORM, days="99999999999999999999"), "days"),
        (replace(FORM, days="²"), "days"),
        (replace(FORM, uses="many"), "uses"),
        (replace(FORM, daily="2.5"), "daily"),
        (replace(FORM, audience="groups", groups=("group_of_somebody",)), "groups"),
        (replace(FORM, mode="whenever"), "mode"),
        (replace(FORM, start="2025-12-31T"), "start"),
        (replace(FORM, start="2025-12-31"), "start"),
        (replace(FORM, start="9999-12-31"), "start"),
        (replace(FORM, person="@ada, @eve"), "person"),
    ],
)
def test_what_cannot_be_meant_names_its_field(form: AllowForm, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        form.terms(NOW, [ADA])
    assert faults_in(caught.value).of(field)


def test_a_handle_that_nobody_has_is_a_fault_of_that_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        FORM.terms(NOW, [])
    assert faults_in(caught.value).of("person") == "Nobody here is called @ada."


_TEXT = st.text() | st.sampled_from(["people", "everyone", "mutuals", "1", "30", "yes", "ask", "ada"])
_MANY = st.lists(_TEXT | st.sampled_from([*Purpose, *Context, "face"]), max_size=5).map(tuple)


@given(
    st.builds(
        AllowForm,
        audience=_TEXT,
        person=_TEXT,
        modality=_MANY,
        days=_TEXT,
        uses=_TEXT,
        remix=_TEXT,
        purpose=_MANY,
        mode=_TEXT,
        start=_TEXT,
        daily=_TEXT,
        open=_MANY,
        close=_MANY,
        territories=_TEXT,
        languages=_TEXT,
        minors=_TEXT,
    )
)
def test_no_typing_at_all_breaks_the_form_or_widens_the_consent(form: AllowForm) -> None:
    try:
        terms = form.terms(NOW, [ADA])
    except InvalidInput:
        return
    assert terms.audience.kind is AudienceKind(form.audience)
    assert {str(modality) for modality in terms.modalities} <= set(form.modality)
    assert terms.allows_remix is (form.remix == "yes")
    assert {str(purpose) for purpose in terms.scope.purposes} <= set(form.purpose)
    assert all(str(one) in form.open for one in Context if terms.scope.opens(one) and not Scope().opens(one))
    assert (terms.max_uses is None, terms.daily_uses is None) == (not form.uses.strip(), not form.daily.strip())
    assert terms.mode == form.mode
    assert not terms.audience.minors or form.minors == "yes"


def test_faults_of_the_registry_are_shown_where_this_form_has_the_field() -> None:
    fault = faults_in(InvalidInput("say whether face, voice or both", field="modalities"), FIELDS)
    assert fault.of("modality") == "Say whether face, voice or both."
    assert faults_in(InvalidInput("the number of uses is out of range", field="max_uses"), FIELDS).of("uses")


def test_people_are_named_by_handle_and_never_by_account() -> None:
    handles = {"acct_ada": "ada", "acct_b": None, "acct_c": None}
    everybody = Audience(AudienceKind.PEOPLE, frozenset(handles))
    assert audience(everybody, handles.get) == "@ada and 2 people without a handle"
    assert audience(Audience(AudienceKind.PEOPLE, frozenset({"acct_b"})), handles.get) == "somebody without a handle"
    assert audience(Audience(AudienceKind.EVERYONE), handles.get) == "Everyone, adults only"
    assert audience(Audience(AudienceKind.EVERYONE, minors=True), handles.get) == "Everyone"
    groups = Audience(AudienceKind.GROUPS, group_ids=frozenset({"group_1", "group_2"}))
    assert audience(groups, handles.get, {"group_1": "Family", "group_2": "Band"}) == "People in “Band” and “Family”"
    assert audience(groups, handles.get, {"group_1": "Family"}) == "People in your groups"


def test_a_scope_is_told_whole_what_it_opens_and_what_it_closes() -> None:
    scope = Scope(
        frozenset({Purpose.ARTISTIC}), frozenset({Context.VIOLENT}), frozenset({Context.GAMBLING}), unsaid=("buy this",)
    )
    told = dict(scope_lines(scope))
    assert (told["For"], told["May show you in"], told["Never says"]) == ("art use", "violence", "“buy this”")
    assert "gambling" in told["Never shows you in"]
    assert "violence" not in told["Never shows you in"]
    for context in Context:
        assert (CONTEXTS[context] in told["Never shows you in"]) is not scope.opens(context)
    assert {"Shown in", "Spoken in", "Stays as it is"}.isdisjoint(told)
