"""What each Cloud API error code asks for, as data. Source: research on the provider's error table, section 4.5.

Codes are what counts: the HTTP status that comes with one is not stable.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Treatment:
    """What to do about a code."""

    action: Literal["retry", "refuse"]
    limit: int | None = None
    """After so many failures in a row it is refused; None: as often as its age allows."""
    wait_s: float = 1.0
    """The first wait; each further one is `factor` times as long, up to five minutes."""
    factor: float = 2.0
    pause_s: float = 0.0
    """How long the whole business number rests."""
    alert: bool = False


RETRY = Treatment("retry")
RETRY_FEW = Treatment("retry", limit=3)
PAIR_FULL = Treatment("retry", factor=4.0)
NUMBER_FULL = Treatment("retry", pause_s=2.0)
CALLS_FULL = Treatment("retry", pause_s=60.0)
NUMBER_BLOCKED = Treatment("retry", pause_s=3600.0, alert=True)
MAINTENANCE = Treatment("retry", wait_s=60.0, pause_s=60.0)
TENANT_BLOCKED = Treatment("retry", pause_s=300.0, alert=True)
"""Token, payment, permission or account: nobody's message will pass until a person repairs it. The queue is kept."""
REFUSE = Treatment("refuse")
REFUSE_AND_ALERT = Treatment("refuse", alert=True)
RETRY_ONCE = Treatment("retry", limit=2)
NOT_THE_PROVIDER = Treatment("retry", pause_s=30.0, alert=True)
"""An answer without the provider's error object: a proxy, or a wrong address. The message stays."""

TREATMENTS: dict[int, Treatment] = {
    0: TENANT_BLOCKED, 190: TENANT_BLOCKED, 368: TENANT_BLOCKED, 131031: TENANT_BLOCKED, 131042: TENANT_BLOCKED,
    3: TENANT_BLOCKED, 10: TENANT_BLOCKED, 131005: TENANT_BLOCKED, 131037: TENANT_BLOCKED, 131045: TENANT_BLOCKED,
    133010: TENANT_BLOCKED, **dict.fromkeys(range(200, 300), TENANT_BLOCKED),
    1: RETRY_FEW, 2: RETRY, 131016: RETRY, 133004: RETRY, 131000: RETRY_FEW, 131052: RETRY_ONCE, 131053: RETRY_ONCE,
    131057: MAINTENANCE,
    4: CALLS_FULL, 80007: CALLS_FULL, 130429: NUMBER_FULL, 131056: PAIR_FULL,
    131048: NUMBER_BLOCKED, 131064: NUMBER_BLOCKED, 133016: NUMBER_BLOCKED,
    33: REFUSE_AND_ALERT, 100: REFUSE_AND_ALERT, 131008: REFUSE_AND_ALERT, 131009: REFUSE_AND_ALERT,
    130497: REFUSE, 130472: REFUSE, 131021: REFUSE, 131026: REFUSE, 131030: REFUSE, 131047: REFUSE, 131049: REFUSE,
    131050: REFUSE, 131051: REFUSE, 131062: REFUSE, 131063: REFUSE, 137000: REFUSE,
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069, 135000), REFUSE_AND_ALERT
    ),
}  # fmt: skip
