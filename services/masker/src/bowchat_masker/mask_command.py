"""`bowchat-masker mask`: what an insurer would see of a text. No network, no database, and no more than a line in memory."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import phonenumbers
import yaml
from pydantic import ValidationError

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import MaskingError, mask
from bowchat_runtime.cli import TEXT_LINE, Command, pipe
from bowchat_runtime.errors import RejectError, SettingsError

Line = dict[str, Any]
Recognise = Callable[[str], bool]
"""Whether a text holds anything of somebody who is known."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--region",
        nargs="+",
        action="extend",
        metavar="IN",
        help="countries of numbers without a country code, the likeliest first (default IN)",
    )
    parser.add_argument(
        "--known",
        type=Path,
        metavar="FILE",
        help='people to recognise, one JSON object a line: {"number": ..., "email"?, "bsuid"?, "username"?, "name"?}; '
        "a text that has anything of them in it is quarantined, masked or not",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="an insurer's agreement from the registry, or its masking section alone, as YAML or JSON",
    )


def run(arguments: argparse.Namespace) -> int:
    policy = chosen_policy(arguments.policy, arguments.region)
    return pipe(masker(policy, _recogniser(arguments.known)), TEXT_LINE)


COMMAND = Command('mask texts ({"text"} per line) and say what was found', run, configure)


def masker(policy: MaskingPolicy, recognise: Recognise | None = None) -> Callable[[Line], Line]:
    """The rule of the masker on one line: what an insurer would see of a text, and the verdict.

    Places of findings refer to the text as given. A text that would be held comes back empty.
    """

    def line(given: Line) -> Line:
        text = given.get("text")
        if not isinstance(text, str):
            raise RejectError(f"each line must have a text; write {TEXT_LINE}")
        try:
            (result,) = mask([text], policy)
            findings = [{"type": each.type, "start": each.start, "end": each.end} for each in result.findings]
            known = recognise is not None and (recognise(text) or recognise(result.text))
        except MaskingError:
            return {"text": "", "findings": [], "verdict": "quarantine"}
        if known:
            return {"text": "", "findings": findings, "verdict": "quarantine"}
        return {"text": result.text, "findings": findings, "verdict": "mask" if findings else "allow"}

    return line


def chosen_policy(path: Path | None, regions: Sequence[str] | None) -> MaskingPolicy:
    """The policy of a file, with the regions that were named instead of its own.

    Errors: `SettingsError` that names what is wrong, and the file and field.
    """
    given = {} if path is None else _read_policy(path)
    if unknown := sorted(set(given) - set(MaskingPolicy.model_fields)):
        raise SettingsError(f"{path}: {unknown[0]}: a policy has no such field")
    if regions:
        given["regions"] = [_region(each) for text in regions for each in text.split(",") if each]
    try:
        policy = MaskingPolicy.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        # The registry's words load all of the registry, which is only worth its time here.
        said = import_module("bowchat_registry.wording").wording(first)
        raise SettingsError(f"{path or '--region'}: {field} {said}") from None
    for each in policy.regions:
        _region(each)
    return policy


def _region(name: str) -> str:
    region = name.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise SettingsError(f"{name} is not a country. Write two letters of ISO 3166, such as IN, GB or US")
    return region


def _read_policy(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); correct --policy") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8; save it as UTF-8 text") from None
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place else ""
        raise SettingsError(f"{path}{line}: this is neither YAML nor JSON") from None
    if isinstance(read, dict) and isinstance(read.get("masking", {}), dict):
        # An agreement without a masking section has the careful defaults.
        return dict(read.get("masking", {} if "endpoint" in read else read))
    raise SettingsError(f"{path}: a policy is a mapping of fields, such as regions: [IN]")


def _recogniser(path: Path | None) -> Recognise | None:
    if path is None:
        return None
    # The guard is not needed otherwise, and would double the time this takes to start.
    known = import_module("bowchat_masker.known_file")
    recognise: Recognise = known.recogniser(known.read_known(path))
    return recognise
