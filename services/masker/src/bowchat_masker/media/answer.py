"""What the worker says when it has cleaned a file, as bytes."""

import json

from bowchat_masker.media.results import Cleaned, CleaningResult, Uncleanable


def written(result: CleaningResult) -> bytes:
    """A line of JSON, then the file."""
    if isinstance(result, Uncleanable):
        return json.dumps({"reason": result.reason}).encode() + b"\n"
    head = {"mime": result.mime, "readable": result.readable, "texts": result.texts}
    return json.dumps(head).encode() + b"\n" + result.data


def read(answer: bytes) -> CleaningResult:
    """What a worker wrote. Errors: `ValueError`, `KeyError` for what is no answer."""
    head, end, data = answer.partition(b"\n")
    fields = json.loads(head)
    if not end:
        raise ValueError("the answer ends early")
    if "reason" in fields:
        return Uncleanable(fields["reason"])
    return Cleaned(data, fields["mime"], bool(fields["readable"]), tuple(map(str, fields["texts"])))
