"""The form in which a use is allowed: what is typed becomes exactly that consent, or a fault beside the field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.api import Audience, AudienceKind, Modality, OnRevocation, Subject
from review_ui.portal.terms import AllowForm, faults_in
from review_ui.portal.views import audience
from trust_kernel.errors import InvalidInput

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ADA = Subject("subj_1", "acct_ada", "ada", "Ada", 0, minor=False)
FORM = AllowForm(person=" @Ada ")


def test_the_least_that_was_typed_is_the_narrowest_consent() -> None:
    terms = FORM.terms(NOW, ADA)
    assert terms.audience == Audience(AudienceKind.PEOPLE, frozenset({"acct_ada"}))
    assert terms.modalities == {Modality.FACE}
    assert terms.expires_at == NOW + timedelta(days=30)
    assert (terms.max_uses, terms.allows_remix, terms.on_revocation) == (None, False, OnRevocation.WITHDRAW)
    assert FORM.handle == "ada"


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
    ],
)
def test_what_cannot_be_meant_names_its_field(form: AllowForm, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        form.terms(NOW, ADA)
    assert faults_in(caught.value).of(field)


def test_a_handle_that_nobody_has_is_a_fault_of_that_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        FORM.terms(NOW, None)
    assert faults_in(caught.value).of("person") == "Nobody here is called @ada."


@given(st.builds(AllowForm, st.text(), st.text(), st.tuples(st.text()), st.text(), st.text(), st.text(), st.text()))
def test_no_typing_at_all_breaks_the_form_or_widens_the_consent(form: AllowForm) -> None:
    try:
        terms = form.terms(NOW, ADA)
    except InvalidInput:
        return
    assert terms.audience.kind is AudienceKind(form.audience)
    assert {str(modality) for modality in terms.modalities} <= set(form.modality)
    assert terms.allows_remix is (form.remix == "yes")


def test_faults_of_the_registry_are_shown_where_this_form_has_the_field() -> None:
    fault = faults_in(InvalidInput("say whether face, voice or both", field="modalities"))
    assert fault.of("modality") == "Say whether face, voice or both."
    assert faults_in(InvalidInput("the number of uses is out of range", field="max_uses")).of("uses")


def test_people_are_named_by_handle_and_never_by_account() -> None:
    handles = {"acct_ada": "ada", "acct_b": None, "acct_c": None}
    everybody = Audience(AudienceKind.PEOPLE, frozenset(handles))
    assert audience(everybody, handles.get) == "@ada and 2 people without a handle"
    assert audience(Audience(AudienceKind.PEOPLE, frozenset({"acct_b"})), handles.get) == "somebody without a handle"
    assert audience(Audience(AudienceKind.EVERYONE), handles.get) == "Everyone"
