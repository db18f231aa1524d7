"""Accounts, sessions and API keys.

Tokens and key secrets carry 256 random bits, so a plain SHA-256 of them is enough to keep; passwords get Argon2id.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from trust_kernel.clock import Clock, aware
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, Unavailable
from trust_kernel.ids import new_id
from trust_kernel.web import passwords, store
from trust_kernel.web.access import Actor
from trust_kernel.web.domain import Account, AccountTerms, IssuedKey, KeyInfo, Reason, SignedIn, Throttled
from trust_kernel.web.tables import AccountRow, ApiKeyRow, SessionRow, SignInAttemptRow

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
_KEY_PREFIX = "plc"
_SEEN_EVERY = timedelta(minutes=1)
"""Last use is written at most this often, so that reading does not become writing."""


class Accounts:
    """Use-cases around accounts; also the `Identities` that access control asks.

    Args:
        role_permissions: permissions (``area:action``) of each role; only these roles exist.
        hasher: for passwords; Argon2id unless given.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        role_permissions: Mapping[str, frozenset[str]],
        *,
        terms: AccountTerms | None = None,
        hasher: passwords.PasswordHasher | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._role_permissions = dict(role_permissions)
        self._terms = terms or AccountTerms()
        self._hasher = hasher or passwords.argon2()
        # Verified against when the e-mail is unknown, so that both answers take equally long.
        self._decoy = self._hasher.hash(secrets.token_hex())

    def register(self, email: str, password: str, roles: Iterable[str], name: str) -> Account:
        """Make an account.

        Raises:
            InvalidInput: e-mail, password or name unusable, or a role that does not exist.
            Conflict: the e-mail has an account.
        """
        address = _email(email)
        if _EMAIL.fullmatch(address) is None:
            raise InvalidInput("this is not an e-mail address", code=Reason.EMAIL_MALFORMED, field="email")
        passwords.check(password, address)
        row = AccountRow(
            id=new_id("acct"),
            email=address,
            name=_name(name),
            password_hash=self._hasher.hash(passwords.normal(password)),
            roles=self._known(roles),
            created_at=self._clock.now(),
        )
        try:
            with self._database.transaction() as session:
                session.add(row)
                session.flush()
        except IntegrityError as error:
            raise Conflict("this e-mail has an account", code=Reason.EMAIL_TAKEN, field="email") from error
        return _account(row)

    def account(self, account_id: str) -> Account:
        """One account; raises NotFound."""
        with self._database.reading() as session:
            return _account(_found(session.get(AccountRow, account_id)))

    def exists(self, account_id: str) -> bool:
        """Whether there is such an account, shut or not."""
        with self._database.reading() as session:
            return session.get(AccountRow, account_id) is not None

    def by_email(self, email: str) -> Account | None:
        """The account of an e-mail, or None."""
        with self._database.reading() as session:
            row = store.account_by_email(session, _email(email))
            return _account(row) if row else None

    def holding(self, roles: Collection[str]) -> Sequence[str]:
        """Ids of all accounts in use that hold one of these roles, oldest first."""
        with self._database.reading() as session:
            return store.accounts_holding(session, roles) if roles else ()

    def permissions(self, account_id: str) -> frozenset[str]:
        """What an account's roles allow; raises NotFound."""
        return self._permissions(self.account(account_id).roles)

    def disable(self, account_id: str) -> None:
        """Shut an account: its sessions end and its keys stop working; raises NotFound."""
        with self._database.transaction() as session:
            row = _found(session.get(AccountRow, account_id, with_for_update=True))
            row.disabled = True
            session.add(row)
            store.end_sessions(session, account_id)

    def sign_in(self, email: str, password: str, *, address: str = "", replaces: str | None = None) -> SignedIn:
        """Start a session under a fresh token.

        Args:
            email: in any case and spacing.
            password: as typed.
            address: the client's network address, for throttling.
            replaces: the session token that the browser held before; it ends here, so none can be planted.

        Raises:
            NotAuthenticated: unknown e-mail, wrong password or disabled account; which one is not said.
            Throttled: too many failures.
        """
        account_email = _email(email)
        tried = (_digest(account_email), _digest(address))
        self._count_try(*tried)
        with self._database.reading() as session:
            row = store.account_by_email(session, account_email)
        # Outside any transaction: hashing takes its time and must not hold the write lock.
        matches = self._hasher.verify(passwords.normal(password), row.password_hash if row else self._decoy)
        if row is None or not matches or row.disabled:
            raise NotAuthenticated("e-mail or password is wrong", code=Reason.SIGN_IN_FAILED)
        return self._start_session(row.id, tried, replaces)

    def _count_try(self, email_hash: str, address_hash: str) -> None:
        # A try is on record, committed, before the others are counted, and counts as failed until it has succeeded:
        # tries made at once cannot outrun the count. A refused try is taken back, so it does not prolong the wait.
        now = self._clock.now()
        attempt = SignInAttemptRow(id=new_id("try"), email_hash=email_hash, address_hash=address_hash, at=now)
        with self._database.transaction() as session:
            session.add(attempt)
        with self._database.reading() as session:
            tries = store.count_attempts(session, email_hash, address_hash, now - self._terms.window)
        if tries.account > self._terms.account_failures or tries.address > self._terms.address_failures:
            with self._database.transaction() as session:
                store.forget_attempt(session, attempt.id)
            minutes = int(self._terms.window.total_seconds() // 60)
            raise Throttled("too many failed sign-ins; wait a while", limit=f"{minutes} minutes")

    def _start_session(self, account_id: str, tried: tuple[str, str], replaces: str | None) -> SignedIn:
        now = self._clock.now()
        token = secrets.token_urlsafe(32)
        ends = now + self._terms.absolute
        with self._database.transaction() as session:
            store.sweep(session, now, now - self._terms.window)
            store.forgive_attempts(session, *tried)
            if replaces:
                store.end_session(session, _digest(replaces))
            row = SessionRow(
                token_hash=_digest(token), account_id=account_id, created_at=now, seen_at=now, expires_at=ends
            )
            session.add(row)
        return SignedIn(token, account_id, ends)

    def sign_out(self, token: str) -> None:
        """End a session; an unknown token is no error."""
        with self._database.transaction() as session:
            store.end_session(session, _digest(token))

    def actor_for_session(self, token: str) -> Actor | None:
        """The account of a session that is neither idle too long nor past its end, nor disabled; else None."""
        now = self._clock.now()
        with self._database.reading() as session:
            found = store.session_with_account(session, _digest(token))
        if found is None:
            return None
        row, account = found
        if account.disabled or now >= min(aware(row.expires_at), aware(row.seen_at) + self._terms.idle):
            return None
        if now - aware(row.seen_at) >= _SEEN_EVERY:
            self._touch_session(row.token_hash, now)
        roles = frozenset(account.roles)
        return Actor(account.id, account.name, roles, self._permissions(roles), "session")

    def _touch_session(self, token_hash: str, now: datetime) -> None:
        with suppress(Unavailable), self._database.transaction() as session:
            row = session.get(SessionRow, token_hash)
            if row is not None:
                row.seen_at = now
                session.add(row)

    def issue_key(
        self,
        account_id: str,
        name: str,
        scopes: Iterable[str],
        *,
        lasts: timedelta | None = None,
        ceiling: Collection[str] | None = None,
    ) -> IssuedKey:
        """Make an API key.

        Args:
            account_id: its owner.
            name: what the owner calls it, 1 to 80 characters.
            scopes: what the key may do: permissions that its owner holds, at least one.
            lasts: its lifetime; None for no end.
            ceiling: permissions that the caller acts under; a key cannot beget a wider one.

        Raises:
            InvalidInput: a scope that the owner, or the caller, does not hold; no scope; an empty name.
            NotFound: no such account.
        """
        wanted = frozenset(scopes)
        held = self.permissions(account_id)
        allowed = held if ceiling is None else held & frozenset(ceiling)
        if not wanted or not wanted <= allowed:
            raise InvalidInput(
                f"a key's scopes are one or more of its owner's permissions, without: {sorted(wanted - allowed)}",
                code=Reason.SCOPE_UNKNOWN,
                field="scopes",
            )
        if lasts is not None and lasts <= timedelta(0):
            raise InvalidInput("a key lasts longer than that", field="lasts_days")
        now = self._clock.now()
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        row = ApiKeyRow(
            id=key_id,
            account_id=account_id,
            name=_name(name),
            secret_hash=_digest(secret),
            scopes=sorted(wanted),
            created_at=now,
            expires_at=now + lasts if lasts else None,
        )
        with self._database.transaction() as session:
            session.add(row)
        return IssuedKey(f"{_KEY_PREFIX}_{key_id}_{secret}", _key(row))

    def revoke_key(self, account_id: str, key_id: str) -> None:
        """Stop a key for good; raises NotFound where the account has no such key."""
        with self._database.transaction() as session:
            row = session.get(ApiKeyRow, key_id, with_for_update=True)
            if row is None or row.account_id != account_id:
                raise NotFound("no such key")
            row.revoked_at = row.revoked_at or self._clock.now()
            session.add(row)

    def keys(self, account_id: str) -> Sequence[KeyInfo]:
        """An account's keys, revoked ones too, newest first."""
        with self._database.reading() as session:
            return [_key(row) for row in store.keys_of(session, account_id)]

    def actor_for_key(self, key: str) -> Actor | None:
        """The owner of a live key, with the permissions that key and owner both hold; else None."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != _KEY_PREFIX or not secret or not key_id.isalnum():
            return None
        with self._database.reading() as session:
            found = store.key_with_account(session, key_id)
        now = self._clock.now()
        if found is None or not _key_lives(*found, secret, now):
            return None
        row, account = found
        if row.used_at is None or now - aware(row.used_at) >= _SEEN_EVERY:
            self._touch_key(row.id, now)
        roles = frozenset(account.roles)
        return Actor(account.id, account.name, roles, self._permissions(roles) & frozenset(row.scopes), "key")

    def _touch_key(self, key_id: str, now: datetime) -> None:
        # When it was used is good to know and no reason to turn a reader away while somebody else writes.
        with suppress(Unavailable), self._database.transaction() as session:
            row = session.get(ApiKeyRow, key_id)
            if row is not None:
                row.used_at = now
                session.add(row)

    def _permissions(self, roles: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._role_permissions.get(role, frozenset()) for role in roles))

    def _known(self, roles: Iterable[str]) -> list[str]:
        wanted = frozenset(roles)
        unknown = wanted - self._role_permissions.keys()
        if unknown:
            raise InvalidInput(f"there is no role {min(unknown)}", code=Reason.ROLE_UNKNOWN, field="roles")
        return sorted(wanted)


def _key_lives(row: ApiKeyRow, account: AccountRow, secret: str, now: datetime) -> bool:
    right = hmac.compare_digest(row.secret_hash, _digest(secret))
    expired = row.expires_at is not None and now >= aware(row.expires_at)
    return right and not expired and row.revoked_at is None and not account.disabled


def _email(text: str) -> str:
    return text.strip().casefold()


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 80 or not name.isprintable():  # noqa: PLR2004 - said in the message
        raise InvalidInput("a name has 1 to 80 printable characters", field="name", limit="80 characters")
    return name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _found(row: AccountRow | None) -> AccountRow:
    if row is None:
        raise NotFound("no such account")
    return row


def _account(row: AccountRow) -> Account:
    return Account(row.id, row.email, row.name, frozenset(row.roles), row.disabled, aware(row.created_at))


def _key(row: ApiKeyRow) -> KeyInfo:
    return KeyInfo(
        row.id,
        row.name,
        frozenset(row.scopes),
        aware(row.created_at),
        aware(row.expires_at) if row.expires_at else None,
        aware(row.used_at) if row.used_at else None,
        aware(row.revoked_at) if row.revoked_at else None,
    )
