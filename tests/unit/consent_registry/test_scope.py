"""What a scope covers: nothing outside it is ever permitted, and a restriction never permits more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.adapters.lexicon import Lexicon
from consent_registry.domain import (
    ADULTS_ALONE,
    SENSITIVE,
    Asker,
    Audience,
    AudienceKind,
    ConsentAsk,
    ConsentReason,
    Context,
    Modality,
    Mode,
    Permit,
    Purpose,
    Scope,
    Tally,
    Trait,
    Use,
    check_scope,
    check_use,
    outside,
    permits,
    says,
)
from consent_registry.domain.terms import Relation
from tests.factories.grants import NOW, a_grant
from trust_kernel.errors import InvalidInput

WORDS = ("hello", "buy now", "Gesu", "crème brûlée", "42")
PLACES = st.frozensets(st.sampled_from(("IT", "FR", "US")), max_size=3)
SCOPES = st.builds(
    Scope,
    purposes=st.frozensets(st.sampled_from(Purpose), min_size=1),
    allowed_contexts=st.frozensets(st.sampled_from(Context)),
    forbidden_contexts=st.frozensets(st.sampled_from(Context), max_size=3),
    unsaid=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    fixed=st.frozensets(st.sampled_from(Trait), max_size=3),
    territories=PLACES,
    languages=st.frozensets(st.sampled_from(("it", "fr", "en")), max_size=3),
)
USES = st.builds(
    Use,
    purpose=st.sampled_from(Purpose),
    territories=PLACES,
    languages=st.frozensets(st.sampled_from(("it", "fr", "en")), max_size=3),
    contexts=st.frozensets(st.sampled_from(Context), max_size=3),
    changed=st.frozensets(st.sampled_from(Trait), max_size=2),
    words=st.lists(st.sampled_from((*WORDS, "harbour")), max_size=4).map(" ".join),
)


@given(SCOPES, USES)
def test_nothing_outside_a_scope_is_ever_permitted(scope: Scope, use: Use) -> None:
    grant = a_grant(scope=scope)
    ask = ConsentAsk("acct_bob", grant.subject_id, frozenset({Modality.FACE}), remix=False, at=NOW, use=use)
    if not isinstance(permits(grant, ask, Asker("acct_bob"), Tally()), Permit):
        return
    assert use.purpose in scope.purposes
    assert not use.contexts & scope.forbidden_contexts
    named = {use.purpose.value}
    assert {one for one in use.contexts & SENSITIVE if one.value not in named} <= scope.allowed_contexts
    assert not any(phrase in use.words for phrase in scope.unsaid)
    assert not use.changed & scope.fixed
    assert not scope.territories or (use.territories and use.territories <= scope.territories)
    assert not scope.languages or (use.languages and use.languages <= scope.languages)


@given(SCOPES, USES, SCOPES)
def test_adding_a_restriction_never_permits_more(scope: Scope, use: Use, other: Scope) -> None:
    if outside(scope, use) is None:
        return
    tighter = (
        replace(scope, purposes=scope.purposes & other.purposes),
        replace(scope, allowed_contexts=scope.allowed_contexts & other.allowed_contexts),
        replace(scope, forbidden_contexts=scope.forbidden_contexts | other.forbidden_contexts),
        replace(scope, unsaid=scope.unsaid + other.unsaid),
        replace(scope, fixed=scope.fixed | other.fixed),
        replace(scope, territories=scope.territories & other.territories or scope.territories),
        replace(scope, languages=scope.languages & other.languages or scope.languages),
    )
    assert all(outside(narrower, use) is not None for narrower in tighter)


@given(st.sampled_from(AudienceKind), st.sampled_from(Relation), st.sampled_from(Mode))
def test_who_is_not_in_the_audience_is_told_of_no_grant_whatever_else_is_wrong(
    kind: AudienceKind, relation: Relation, mode: Mode
) -> None:
    audience = Audience(kind, frozenset({"acct_cyd"}), frozenset({"group_1"}))
    grant = a_grant(audience=audience, mode=mode, scope=Scope(frozenset({Purpose.MEDICAL})))
    asker = Asker("acct_bob", relation)
    ask = ConsentAsk("acct_bob", grant.subject_id, frozenset({Modality.FACE}), remix=False, at=NOW)
    said = permits(grant, ask, asker, Tally())
    assert not isinstance(said, Permit)
    if not audience.covers(asker):
        assert said.reason is ConsentReason.GRANT_NONE


def test_a_purpose_opens_the_context_that_it_is_by_itself_for_that_purpose_alone() -> None:
    scope = Scope(frozenset({Purpose.POLITICAL, Purpose.PERSONAL}))
    political = frozenset({Context.POLITICAL})
    assert outside(scope, Use(Purpose.POLITICAL, contexts=political)) is None
    assert outside(scope, Use(Purpose.PERSONAL, contexts=political)) is ConsentReason.SCOPE_CONTEXT
    closed = replace(scope, forbidden_contexts=political)
    assert outside(closed, Use(Purpose.POLITICAL)) is ConsentReason.SCOPE_CONTEXT


def test_whoever_does_not_say_where_wants_everywhere() -> None:
    here = Scope(territories=frozenset({"IT"}))
    assert outside(here, Use(territories=frozenset({"IT"}))) is None
    assert outside(here, Use()) is ConsentReason.SCOPE_TERRITORY
    assert outside(Scope(languages=frozenset({"it"})), Use()) is ConsentReason.SCOPE_LANGUAGE


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("please BUY   now!", "buy now", True),
        ("buy\u200b n\u00f2w", "buy now", True),
        ("buy-now", "buy now", True),
        ("subuy nowadays", "buy now", False),
        ("creme brulee", "Crème  Brûlée", True),
        ("anything", "!!", False),
    ],
)
def test_words_are_found_whatever_their_spelling(text: str, phrase: str, found: bool) -> None:
    assert says(text, phrase) is found


def test_no_minor_opens_what_is_for_adults_alone() -> None:
    for context in ADULTS_ALONE:
        with pytest.raises(InvalidInput):
            check_scope(Scope(allowed_contexts=frozenset({context})), minor=True)
        check_scope(Scope(allowed_contexts=frozenset({context})), minor=False)


@pytest.mark.parametrize("use", [Use(territories=frozenset({"Italy"})), Use(languages=frozenset({"italiano"}))])
def test_a_code_that_is_none_is_refused(use: Use) -> None:
    with pytest.raises(InvalidInput):
        check_use(use)
    assert check_use(Use(territories=frozenset({"it "}))).territories == {"IT"}


# --- reading words

LEXICON = Lexicon.shipped()


def read(text: str) -> set[str]:
    return {str(hit.names) for hit in LEXICON.read(text)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada walks along a quiet harbour at dawn", set()),
        ("@ada KISSES Bob at the wedding", {"romance"}),
        ("@ada beve birra al casin\u00f2", {"substances", "gambling"}),
        ("no blood, please", {"violent"}),
        ("a glass of wine outside the church", set()),
        ("n\u0430ked on the beach", {"sexual", "clothing"}),
        ("n\u200buda sulla spiaggia", {"sexual", "clothing"}),
        ("vota   per Ada", {"political"}),
        ("a skill in chess, and a bloodhound", set()),
        ("ada da bambina con i capelli rossi", {"age", "hair"}),
    ],
)
def test_words_name_contexts_and_changes_in_english_and_italian(text: str, names: set[str]) -> None:
    assert read(text) == names


def test_every_context_and_trait_has_words_in_both_languages() -> None:
    assert {str(one) for one in (*Context, *Trait)} == read(
        "election prayer naked murder hospital prison whisky humiliated gun poker sponsored kiss parody "
        "older muscular wearing bald tattoo genderbent wounded"
    )
    assert {str(one) for one in (*Context, *Trait)} == read(
        "elezioni preghiera nudo omicidio ospedale carcere vodka umiliata pistola scommesse sponsorizzato bacio "
        "parodia invecchiato muscoloso indossa calvo tatuaggio, versione femminile, livido"
    )


@given(st.text(max_size=200))
def test_reading_never_breaks_and_says_the_same_twice(text: str) -> None:
    assert LEXICON.read(text) == LEXICON.read(text)
