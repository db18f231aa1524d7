"""The only queries about accounts, sessions, API keys and sign-in attempts. Each joins the caller's session."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, func, or_
from sqlmodel import Session, col, delete, select

from trust_kernel.web.tables import AccountRow, ApiKeyRow, SessionRow, SignInAttemptRow


@dataclass(frozen=True, slots=True)
class AttemptCount:
    """Failed sign-ins in the window: for this e-mail from this address, and from this address in all."""

    account: int
    address: int


def account_by_email(session: Session, email: str) -> AccountRow | None:
    """The account with a casefolded e-mail."""
    return session.exec(select(AccountRow).where(AccountRow.email == email)).first()


def accounts_holding(session: Session, roles: Collection[str]) -> Sequence[str]:
    """Ids of accounts in use that hold one of these roles, oldest first."""
    # Roles are a JSON list, which databases search differently; as text it looks the same in all of them.
    held = [cast(col(AccountRow.roles), String).contains(f'"{role}"', autoescape=True) for role in sorted(roles)]
    statement = select(AccountRow.id).where(col(AccountRow.disabled).is_(False), or_(*held))
    return session.exec(statement.order_by(col(AccountRow.created_at), col(AccountRow.id))).all()


def session_with_account(session: Session, token_hash: str) -> tuple[SessionRow, AccountRow] | None:
    """A session and whose it is."""
    statement = (
        select(SessionRow, AccountRow)
        .join(AccountRow, col(AccountRow.id) == col(SessionRow.account_id))
        .where(SessionRow.token_hash == token_hash)
    )
    return session.exec(statement).first()


def key_with_account(session: Session, key_id: str) -> tuple[ApiKeyRow, AccountRow] | None:
    """An API key and whose it is."""
    statement = (
        select(ApiKeyRow, AccountRow)
        .join(AccountRow, col(AccountRow.id) == col(ApiKeyRow.account_id))
        .where(ApiKeyRow.id == key_id)
    )
    return session.exec(statement).first()


def keys_of(session: Session, account_id: str) -> Sequence[ApiKeyRow]:
    """An account's keys, revoked ones too, newest first."""
    statement = select(ApiKeyRow).where(ApiKeyRow.account_id == account_id)
    return session.exec(statement.order_by(col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.id))).all()


def count_attempts(session: Session, email_hash: str, address_hash: str, since: datetime) -> AttemptCount:
    """Count failed sign-ins since a moment."""
    recent = select(func.count(col(SignInAttemptRow.id))).where(
        SignInAttemptRow.address_hash == address_hash, col(SignInAttemptRow.at) > since
    )
    of_account = recent.where(SignInAttemptRow.email_hash == email_hash)
    return AttemptCount(account=session.exec(of_account).one(), address=session.exec(recent).one())


def forget_attempt(session: Session, attempt_id: str) -> None:
    """Take one try off the record."""
    session.exec(delete(SignInAttemptRow).where(col(SignInAttemptRow.id) == attempt_id))


def forgive_attempts(session: Session, email_hash: str, address_hash: str) -> None:
    """Forget the failures of an account from an address, after it signed in there."""
    session.exec(
        delete(SignInAttemptRow).where(
            col(SignInAttemptRow.email_hash) == email_hash, col(SignInAttemptRow.address_hash) == address_hash
        )
    )


def end_sessions(session: Session, account_id: str) -> None:
    """Sign an account out everywhere."""
    session.exec(delete(SessionRow).where(col(SessionRow.account_id) == account_id))


def end_session(session: Session, token_hash: str) -> None:
    """Sign one browser out."""
    session.exec(delete(SessionRow).where(col(SessionRow.token_hash) == token_hash))


def sweep(session: Session, now: datetime, attempts_before: datetime) -> None:
    """Delete what can no longer matter: expired sessions, attempts that left the window."""
    session.exec(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
    session.exec(delete(SignInAttemptRow).where(col(SignInAttemptRow.at) <= attempts_before))
