"""Stand-ins for who is asking, so that routes can be tested without accounts."""

from trust_kernel.web.access import Access, Actor, Cookies


def an_actor(*permissions: str, account_id: str = "acct_test", name: str = "Test", via: str = "key") -> Actor:
    """An actor with these permissions."""
    return Actor(account_id, name, frozenset({"tester"}), frozenset(permissions), via)


class FakeIdentities:
    """Actors by the credential that they present."""

    def __init__(self) -> None:
        self.keys: dict[str, Actor] = {}
        self.sessions: dict[str, Actor] = {}

    def add(self, actor: Actor) -> dict[str, str]:
        """Let an actor in; gives the headers that it sends."""
        key = f"plc_{actor.account_id}_secret"
        self.keys[key] = actor
        return {"authorization": f"Bearer {key}"}

    def actor_for_key(self, key: str) -> Actor | None:
        return self.keys.get(key)

    def actor_for_session(self, token: str) -> Actor | None:
        return self.sessions.get(token)


class EverybodyIs:
    """Identities under which any Bearer key is the one actor given."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def actor_for_key(self, key: str) -> Actor | None:  # noqa: ARG002 - any key will do
        return self.actor

    def actor_for_session(self, token: str) -> Actor | None:  # noqa: ARG002 - no browser here
        return None


def access_of(identities: FakeIdentities | EverybodyIs) -> Access:
    """Access control over fake identities, on plain http."""
    return Access(identities, Cookies(secure=False))
