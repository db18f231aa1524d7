"""What appeals need of claims and of staff, as a test says that it is; and a search that finds nothing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from generator_gateway.ports.appeals import ClaimFacts
from generator_gateway.ports.takedowns import NOTICE, Batch, Footing, Touched
from generator_gateway.service.takedowns import TakedownDesk
from generator_gateway.stages import Request


class KnownHolders:
    """`ClaimHolders`: claims, members and licences as a test puts them there."""

    def __init__(self) -> None:
        self.known: dict[str, ClaimFacts] = {}
        self.acting: dict[str, str] = {}
        """Organisation by account that acts for it."""
        self.looking: dict[str, str] = {}
        self.yielding: set[str] = set()
        """Claims that stand against nothing any more."""

    def claim(self, claim_id: str, organisation_id: str, title: str = "Fennimore") -> None:
        self.known[claim_id] = ClaimFacts(claim_id, organisation_id, title)

    def claims(self, ids: Collection[str]) -> Mapping[str, ClaimFacts]:
        return {one: self.known[one] for one in ids if one in self.known}

    def members(self, organisation_id: str) -> frozenset[str]:
        everybody = {**self.looking, **self.acting}
        return frozenset(account for account, one in everybody.items() if one == organisation_id)

    def organisations(self, account_id: str, *, acting: bool) -> frozenset[str]:
        seats = self.acting if acting else {**self.looking, **self.acting}
        return frozenset({seats[account_id]} if account_id in seats else ())

    def stands_against(self, claim_id: str, request: Request) -> bool:
        del request
        return claim_id not in self.yielding


class BatchesAlone:
    """`TakenDown` where batches are about claims, or about notices whose desk is not there."""

    def __init__(self, desk: TakedownDesk) -> None:
        self._desk = desk
        self.givers: dict[str, str] = {}
        """Account by the notice that it gave."""

    def of_cases(self, case_ids: Collection[str]) -> Mapping[str, Sequence[Batch]]:
        return self._desk.of_cases(case_ids)

    def keep(self, batch_id: str, until: datetime) -> Batch:
        return self._desk.keep(batch_id, until)

    def spare(self, batch: Batch, case_id: str, by: str) -> None:
        self._desk.spare(batch.id, [case_id], by, by_notice=batch.cause.about.startswith(NOTICE))

    def giver(self, batch: Batch) -> str | None:
        return self.givers.get(batch.cause.about)


class HousesStaff:
    """`Staff`: whoever a test says."""

    def __init__(self, *leads: str) -> None:
        self.leads = leads or ("acct_lead",)

    def who_may(self, permission: str) -> Collection[str]:
        return self.leads if permission == "account:write" else ()


class NothingTouched:
    """`Touches` that finds nothing."""

    def by_claims(self, claim_ids: Collection[str]) -> Mapping[str, Sequence[Touched]]:
        return dict.fromkeys(claim_ids, ())

    def waiting(self, claim_ids: Collection[str]) -> frozenset[str]:
        del claim_ids
        return frozenset()

    def footing(self, claim_ids: Collection[str]) -> Mapping[str, Footing]:
        return dict.fromkeys(claim_ids, Footing.STANDS)

    def titles(self, claim_ids: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(claim_ids, "")
