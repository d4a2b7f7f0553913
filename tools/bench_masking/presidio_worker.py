"""Presidio's recognisers of phones, e-mails and links on texts from stdin; their places on stdout. No network."""

import json
import sys

from presidio_analyzer import RecognizerResult
from presidio_analyzer.predefined_recognizers import EmailRecognizer, PhoneRecognizer, UrlRecognizer


def deny_sockets(event: str, _: object) -> None:
    if event.startswith("socket."):
        raise PermissionError("no network while masking is measured")


def main() -> None:
    sys.addaudithook(deny_sockets)
    phones: dict[str, PhoneRecognizer] = {}
    others = ((EmailRecognizer(), "EMAIL_ADDRESS"), (UrlRecognizer(), "URL"))
    for line in sys.stdin:
        text, region = json.loads(line)
        if region not in phones:
            phones[region] = PhoneRecognizer(supported_regions=(region,))
        found = results(phones[region], text, "PHONE_NUMBER")
        for recognizer, entity in others:
            found += results(recognizer, text, entity)
        sys.stdout.write(json.dumps([[each.start, each.end] for each in found]) + "\n")


def results(
    recognizer: PhoneRecognizer | EmailRecognizer | UrlRecognizer, text: str, entity: str
) -> list[RecognizerResult]:
    """What it finds; nothing where it asks for the network, which it cannot have."""
    try:
        return list(recognizer.analyze(text, [entity], nlp_artifacts=None))
    except PermissionError:
        return []


if __name__ == "__main__":
    main()
