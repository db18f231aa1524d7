"""Refused cases to appeal about, in the gateway's test house."""

from collections.abc import Sequence

from copyright_optout.api import NamedWork
from generator_gateway.ports.appeals import Appeal, Said
from likeness_guard.api import NamedPerson
from tests.factories.claims import a_claim, terms
from tests.unit.generator_gateway.conftest import House

ADA, HOLDER, STAFF, OTHER = "acct_ada", "acct_holder", "acct_staff", "acct_other"
LEO, MIA = "claim_leo", "claim_mia"
SAID = Said("It is my own lion, and called so by chance.")


def claim(house: House, claim_id: str = LEO, name: str = "Leo", of: str = "org_a") -> None:
    """Something claimed, which prompts that name it are refused for."""
    hit = NamedWork(a_claim(claim_id, of=of, says=terms(name)), name, (0, len(name)), (), 1.0)
    house.optouts.names.append(hit)
    house.holders.claim(claim_id, of, name)
    house.holders.acting.setdefault(HOLDER, "org_a")


def blocked(house: House, name: str = "Queen Mab") -> None:
    """Somebody whom the blocklist protects."""
    house.likeness.names.append(NamedPerson("entry_mab", name, name, (0, len(name)), (), 1.0))


def refused(house: House, prompt: str = "Leo walks", account_id: str = ADA) -> str:
    """A case that was refused; its id."""
    case = house.submit(prompt, account_id)
    house.ended(case)
    assert house.cases.get(case.id).status == "failed"
    house.queue.sent.clear()
    return case.id


def appealed(house: House, prompt: str = "Leo walks", account_id: str = ADA) -> Appeal:
    """An appeal against a refusal."""
    return house.appeals.file(account_id, refused(house, prompt, account_id), SAID)


def codes(house: House, case_id: str) -> Sequence[str]:
    """Why a case stands where it stands."""
    return house.cases.get(case_id).reasons
