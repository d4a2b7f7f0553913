"""Who the simulator has met: a number and a BSUID may be the same person."""

import re

from bowchat_testkit.whatsapp_payloads import Policyholder

_NOT_DIGITS = re.compile(r"\D")


def identity(number_or_bsuid: str) -> str:
    """One spelling: a number's digits alone, a BSUID as it is."""
    if "." in number_or_bsuid:
        return number_or_bsuid
    return _NOT_DIGITS.sub("", number_or_bsuid)


class People:
    """Policyholders by each of their identities."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._people: dict[str, Policyholder] = {}

    def meet(self, person: Policyholder) -> str:
        """Remember this person as they present themselves now; the key is theirs for good."""
        known_by = [one for one in (person.bsuid, person.number) if one]
        key = next((self._keys[one] for one in known_by if one in self._keys), known_by[0])
        for one in known_by:
            self._keys[one] = key
        self._people[key] = person
        return key

    def key_of(self, number_or_bsuid: str) -> str:
        """The key of who has this identity; a stranger's is the identity itself."""
        plain = identity(number_or_bsuid)
        return self._keys.get(plain, plain)

    def find(self, number_or_bsuid: str) -> Policyholder:
        """Who has this identity; a stranger has nothing else."""
        plain = identity(number_or_bsuid)
        known = self._people.get(self.key_of(plain))
        if known is not None:
            return known
        return Policyholder(bsuid=plain) if "." in plain else Policyholder(number=plain)
