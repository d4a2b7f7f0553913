"""How the simulated Cloud API behaves."""

from dataclasses import dataclass, field

from bowchat_testkit.whatsapp_payloads import BusinessNumber


@dataclass(frozen=True)
class StatusPlan:
    """When the statuses of an accepted message come, in seconds after it; None: never."""

    sent_s: float | None = 0.05
    delivered_s: float | None = 0.2
    read_s: float | None = 0.5
    gather_s: float = 0.02
    """Statuses due within this time of each other share one webhook."""
    disorder: float = 0.1
    """Share of messages whose statuses come in another order than they happened."""


@dataclass(frozen=True)
class Retries:
    """How often a webhook that was not answered with 200 is sent again.

    At once, then after `first_s`, doubled up to `most_s`, until `attempts` are spent: about an hour and a half here
    where Meta takes a week. Not scaled by `time_scale`, so that a quick simulator does not give up sooner.
    """

    first_s: float = 0.2
    most_s: float = 5.0
    attempts: int = 1000
    timeout_s: float = 20.0
    parallel: int = 16


@dataclass(frozen=True)
class SimulatorSettings:
    """Defaults are the published ones of a business number that has not been upgraded."""

    webhook_url: str
    app_secret: str
    access_token: str
    numbers: tuple[BusinessNumber, ...] = (BusinessNumber(),)
    pair_interval_s: float = 6.0
    pair_burst: int = 45
    messages_per_second: int = 80
    window_s: float | None = 24 * 3600.0
    """None: nobody has to write before they can be written to."""
    time_scale: float = 1.0
    """Pair interval, window and status delays are multiplied by this: 0.01 makes six seconds 60 ms."""
    statuses: StatusPlan = field(default_factory=StatusPlan)
    retries: Retries = field(default_factory=Retries)
    seed: int = 0
    """Of the disorder of statuses."""
