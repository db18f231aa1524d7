"""Accounts, sessions and keys: what opens, for how long, and what never does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from tests.factories.databases import sqlite
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, PlacetError
from trust_kernel.web import passwords
from trust_kernel.web.accounts import Accounts
from trust_kernel.web.domain import AccountTerms, Throttled
from trust_kernel.web.passwords import argon2
from trust_kernel.web.tables import AccountRow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "a long enough secret"
ROLES = {"member": frozenset({"video:create", "key:manage"}), "admin": frozenset({"account:write"})}


class Ticking:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class CountingHasher:
    """Real Argon2 with parameters for tests, counting what it verifies."""

    def __init__(self) -> None:
        self.verified = 0
        self._hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002 - the port's name
        self.verified += 1
        return self._hasher.verify(password, hash)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) as made:
        yield made


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def accounts(database: Database, clock: Ticking, hasher: CountingHasher) -> Accounts:
    return Accounts(database, clock, ROLES, terms=AccountTerms(account_failures=3, address_failures=6), hasher=hasher)


@pytest.fixture
def ada(accounts: Accounts) -> str:
    return accounts.register("Ada@Example.org ", PASSWORD, ["member"], "Ada").id


def attempt(accounts: Accounts, email: str, password: str, address: str = "192.0.2.1") -> str:
    try:
        accounts.sign_in(email, password, address=address)
    except PlacetError as error:
        return error.code
    return "in"


def test_who_registered_signs_in_in_any_case(accounts: Accounts, ada: str) -> None:
    signed = accounts.sign_in("aDA@example.ORG", PASSWORD)
    actor = accounts.actor_for_session(signed.token)
    assert actor is not None
    assert (actor.account_id, actor.name, actor.via) == (ada, "Ada", "session")
    assert actor.permissions == ROLES["member"]


def test_passwords_are_kept_by_argon2id_at_the_cost_that_rfc_9106_asks_for() -> None:
    kept = argon2().hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_email_has_one_account(accounts: Accounts, ada: str) -> None:  # noqa: ARG001 - the fixture registers
    with pytest.raises(Conflict):
        accounts.register("ADA@example.org", PASSWORD, [], "Another")


@pytest.mark.parametrize(
    ("email", "password", "roles", "name", "field"),
    [
        ("ada", PASSWORD, [], "Ada", "email"),
        ("a b@example.org", PASSWORD, [], "Ada", "email"),
        ("ada@example.org", "elevenchars", [], "Ada", "password"),
        ("ada@example.org", "x" * 257, [], "Ada", "password"),
        ("ada@example.org", "aaaaaaaaaaaaaaaa", [], "Ada", "password"),
        ("ada@example.org", "ADA@example.org", [], "Ada", "password"),
        ("ada@example.org", PASSWORD, ["king"], "Ada", "roles"),
        ("ada@example.org", PASSWORD, [], "  ", "name"),
        ("ada@example.org", PASSWORD, [], "A\x00da", "name"),
    ],
)
def test_what_is_wrong_with_a_registration_is_named(
    accounts: Accounts, email: str, password: str, roles: list[str], name: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        accounts.register(email, password, roles, name)
    assert caught.value.field == field


@given(st.text(max_size=11))
def test_no_short_password_is_taken(password: str) -> None:
    normal = passwords.normal(password)
    if len(normal) < passwords.MIN_LENGTH:
        with pytest.raises(InvalidInput):
            passwords.check(password, "ada@example.org")


def test_an_unknown_email_costs_as_much_and_says_as_much_as_a_wrong_password(
    accounts: Accounts, ada: str, hasher: CountingHasher
) -> None:
    assert ada
    answers = []
    for email in ("ada@example.org", "nobody@example.org"):
        before = hasher.verified
        with pytest.raises(NotAuthenticated) as caught:
            accounts.sign_in(email, "not the password")
        answers.append((caught.value.detail, caught.value.code, hasher.verified - before))
    assert answers[0] == answers[1]
    assert answers[0][2] == 1


def test_after_too_many_failures_even_the_right_password_waits(accounts: Accounts, ada: str, clock: Ticking) -> None:
    assert ada
    for _ in range(3):
        assert attempt(accounts, "ada@example.org", "wrong wrong wrong") == "kernel:auth:sign_in_failed"
    assert attempt(accounts, "ada@example.org", PASSWORD) == "kernel:auth:throttled"
    assert attempt(accounts, "ada@example.org", PASSWORD, address="192.0.2.2") == "in"
    clock.moment += timedelta(minutes=15)
    assert attempt(accounts, "ada@example.org", PASSWORD) == "in"


def test_tries_while_throttled_do_not_prolong_the_wait(accounts: Accounts, ada: str, clock: Ticking) -> None:
    assert ada
    for _ in range(3):
        attempt(accounts, "ada@example.org", "wrong wrong wrong")
    for _ in range(14):
        clock.moment += timedelta(minutes=1)
        assert attempt(accounts, "ada@example.org", PASSWORD) == "kernel:auth:throttled"
    clock.moment += timedelta(minutes=1)
    assert attempt(accounts, "ada@example.org", PASSWORD) == "in"


def test_success_forgives_earlier_failures(accounts: Accounts, ada: str) -> None:
    assert ada
    for _ in range(4):
        attempt(accounts, "ada@example.org", "wrong wrong wrong")
        attempt(accounts, "ada@example.org", "wrong wrong wrong")
        assert attempt(accounts, "ada@example.org", PASSWORD) == "in"


def test_one_address_cannot_spray_passwords_over_many_accounts(accounts: Accounts) -> None:
    for number in range(6):
        attempt(accounts, f"user{number}@example.org", PASSWORD)
    assert attempt(accounts, "user7@example.org", PASSWORD) == "kernel:auth:throttled"


def test_tries_at_once_cannot_outrun_the_count(accounts: Accounts, ada: str) -> None:
    assert ada
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: attempt(accounts, "ada@example.org", "wrong wrong wrong"), range(12)))
    assert answers.count("kernel:auth:sign_in_failed") <= 3


def test_a_session_ends_when_idle_and_after_its_absolute_time(accounts: Accounts, ada: str, clock: Ticking) -> None:
    assert ada
    idle = accounts.sign_in("ada@example.org", PASSWORD)
    clock.moment += timedelta(hours=12)
    assert accounts.actor_for_session(idle.token) is None
    busy = accounts.sign_in("ada@example.org", PASSWORD)
    for _ in range(16):
        clock.moment += timedelta(hours=10)
        assert accounts.actor_for_session(busy.token) is not None
    clock.moment = busy.expires_at - timedelta(microseconds=1)
    assert accounts.actor_for_session(busy.token) is not None
    clock.moment = busy.expires_at
    assert accounts.actor_for_session(busy.token) is None


def test_signing_in_ends_the_session_that_the_browser_had(accounts: Accounts, ada: str) -> None:
    assert ada
    planted = accounts.sign_in("ada@example.org", PASSWORD)
    fresh = accounts.sign_in("ada@example.org", PASSWORD, replaces=planted.token)
    assert accounts.actor_for_session(planted.token) is None
    assert accounts.actor_for_session(fresh.token) is not None
    accounts.sign_out(fresh.token)
    assert accounts.actor_for_session(fresh.token) is None


def test_a_disabled_account_opens_nothing(accounts: Accounts, ada: str) -> None:
    signed = accounts.sign_in("ada@example.org", PASSWORD)
    key = accounts.issue_key(ada, "ci", ["video:create"]).plaintext
    accounts.disable(ada)
    assert accounts.actor_for_session(signed.token) is None
    assert accounts.actor_for_key(key) is None
    assert attempt(accounts, "ada@example.org", PASSWORD) == "kernel:auth:sign_in_failed"


def test_a_key_does_what_its_scopes_and_its_owner_both_may(accounts: Accounts, ada: str, database: Database) -> None:
    key = accounts.issue_key(ada, "ci", ["video:create"]).plaintext
    actor = accounts.actor_for_key(key)
    assert actor is not None
    assert (actor.permissions, actor.via) == (frozenset({"video:create"}), "key")
    with database.transaction() as session:
        session.add(session.get_one(AccountRow, ada).sqlmodel_update({"roles": ["admin"]}))
    narrowed = accounts.actor_for_key(key)
    assert narrowed is not None
    assert narrowed.permissions == frozenset()


@pytest.mark.parametrize(
    ("scopes", "ceiling"),
    [(["account:write"], None), ([], None), (["video:create", "x:y"], None), (["key:manage"], {"video:create"})],
)
def test_no_key_is_wider_than_its_owner_or_its_maker(
    accounts: Accounts, ada: str, scopes: list[str], ceiling: set[str] | None
) -> None:
    with pytest.raises(InvalidInput):
        accounts.issue_key(ada, "ci", scopes, ceiling=ceiling)


def test_a_key_ends_when_revoked_or_expired(accounts: Accounts, ada: str, clock: Ticking) -> None:
    revoked = accounts.issue_key(ada, "one", ["video:create"])
    expiring = accounts.issue_key(ada, "two", ["video:create"], lasts=timedelta(days=1))
    with pytest.raises(NotFound):
        accounts.revoke_key("acct_other", revoked.info.id)
    assert accounts.actor_for_key(revoked.plaintext) is not None
    accounts.revoke_key(ada, revoked.info.id)
    assert accounts.actor_for_key(revoked.plaintext) is None
    assert accounts.actor_for_key(expiring.plaintext) is not None
    clock.moment += timedelta(days=1)
    assert accounts.actor_for_key(expiring.plaintext) is None
    used = {key.name: key.used_at for key in accounts.keys(ada)}
    assert used == {"one": NOW, "two": NOW}


@given(st.text(max_size=60))
def test_garbage_is_nobodys_key(garbage: str) -> None:
    # No database is asked: the grammar alone refuses what is no key.
    nobody = Accounts.__new__(Accounts)
    if not garbage.startswith("plc_"):
        assert nobody.actor_for_key(garbage) is None


def test_a_key_with_a_wrong_secret_opens_nothing(accounts: Accounts, ada: str) -> None:
    key = accounts.issue_key(ada, "ci", ["video:create"]).plaintext
    last = "A" if key[-1] != "A" else "B"
    for bent in (key[:-1] + last, key[:-1], key + "A", key.replace("plc_", "plc"), "plc_" + key, key.upper()):
        assert accounts.actor_for_key(bent) is None


def test_no_secret_lies_in_the_database(accounts: Accounts, ada: str, database: Database) -> None:
    token = accounts.sign_in("ada@example.org", PASSWORD, address="192.0.2.77").token
    secret = accounts.issue_key(ada, "ci", ["video:create"]).plaintext.split("_", 2)[2]
    attempt(accounts, "ada@example.org", "wrong wrong wrong", address="192.0.2.77")
    with database.reading() as session:
        tables = ("accounts", "sessions", "api_keys", "sign_in_attempts")
        rows = [session.connection().execute(text(f"SELECT * FROM {table}")).all() for table in tables]  # noqa: S608
    dump = str(rows)
    for hidden in (PASSWORD, token, secret, "192.0.2.77", "wrong wrong"):
        assert hidden not in dump


def test_too_many_tries_is_an_error_that_passes() -> None:
    assert Throttled("wait").retryable
