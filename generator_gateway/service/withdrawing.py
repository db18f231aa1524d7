"""What the registry calls when consent ends: it knows nothing of releases, nor of cases."""

from generator_gateway.pipeline import withdraw
from generator_gateway.ports import Cause, Recall, SearchCause, Seeker
from generator_gateway.ports.halting import Ended, Fallen
from generator_gateway.service.halting import Halting


class RevocationWithdrawals:
    """The registry's `Withdrawals`; called inside the transaction that ends the consent, the subject's row locked.

    Args:
        recall: takes back what was made under the consents.
        halting: stops what is being made under them.
        seeker: has the person looked for in what was made without any.
    """

    def __init__(self, recall: Recall, halting: Halting, seeker: Seeker) -> None:
        self._recall = recall
        self._halting = halting
        self._seeker = seeker

    def withdraw_for(self, ending: Ended) -> tuple[str, ...]:
        """Withdraw what was released, and send back what is being made, under consents that ended."""
        if not ending.for_good:  # nobody can be looked for without a template
            self._seeker.look_for(ending.subject_id, SearchCause.REVOKED)
        cause = Cause(
            ending.reason,
            subject_id=ending.subject_id,
            grant_ids=ending.taken_back,
            made_by=ending.account_id,
            not_by=ending.spared,
        )
        withdrawn = withdraw(cause, self._recall)
        self._halting.halt(Fallen(ending.subject_id, ending.halted, ending.account_id), withdrawn, ending.reason)
        return withdrawn
