"""What an agreement says of masking: what its insurer may see of what people write, and what it may write itself."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from bowchat_contracts.parts import Part

Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
ShapeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,29}$")]
ShapePattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9#@ /-]{4,40}$")]
"""How such a number is written: `#` a digit, `@` a letter, all else itself. No regular expression, so none is slow."""
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=253)]


class Shape(Part):
    """A number of the insurer's own that its desks need to see: `policy` written `AM-########`."""

    name: ShapeName
    pattern: ShapePattern


class MaskingPolicy(Part):
    """One agreement's masking, as it stood when a message was routed. The defaults are the careful ones."""

    regions: tuple[Region, ...] = Field(("IN",), min_length=1, max_length=5)
    """Where its policyholders live: how a number without a country code is read, the first before the others."""
    shapes: tuple[Shape, ...] = Field((), max_length=20)
    location: Literal["withhold", "coarse"] = "coarse"
    """`coarse`: about ten kilometres, without name and address."""
    unreadable_media: Literal["block", "hold", "pass"] = "hold"
    """What becomes of media that nobody can look through (pixels, voice): `pass` marks it as unverified."""
    contact_details: Literal["redact", "hold", "allow"] = "redact"
    """What becomes of the insurer's own numbers, addresses, links and payment handles in a reply."""
    solicitation: Literal["allow", "hold", "refuse"] = "hold"
    """What becomes of a reply that asks for contact outside ("call me", "what is your number?")."""
    link_hosts: tuple[Host, ...] = Field((), max_length=20)
    """Hosts whose links may stand in a reply whatever `contact_details` says, with their subdomains."""
    alias_days: StrictInt | None = Field(None, gt=0, le=3650)
    """How long an alias answers after its policyholder last wrote. None: as long as the agreement."""
