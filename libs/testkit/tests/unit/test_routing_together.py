"""The shipped rules and the classifier together read the labelled messages better than each of them alone."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from bowchat_registry.loader import load
from bowchat_registry.taxonomy import Taxonomy
from bowchat_router.classify.reading import Classifier, Reading, Skimmed
from bowchat_router.kept import trained
from bowchat_testkit.bench_routing import contenders
from bowchat_testkit.bench_routing.contenders import Answer
from bowchat_testkit.bench_routing.labelled import halves, messages

REGISTRY = load(Path(__file__).parents[4] / "registry")


class ReadOnce:
    """A classifier that several contenders share."""

    def __init__(self, classifier: Classifier) -> None:
        self.version = classifier.version
        self.read: Callable[[str], Reading] = cache(classifier.read)
        self.skim: Callable[[str], Skimmed] = cache(classifier.skim)


@pytest.fixture(scope="module")
def readers() -> Mapping[str, Callable[[str], Answer]]:
    classifier = ReadOnce(trained(REGISTRY.taxonomy))

    def shared(_: Taxonomy) -> Classifier:
        return classifier

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contenders, "train", shared)
        return {
            "together": contenders.rules(REGISTRY),
            "classifier": contenders.classifier(REGISTRY),
            "keywords": contenders.keywords(REGISTRY),
        }


@pytest.mark.parametrize("half", ["development", "held out"])
@pytest.mark.parametrize("question", ["policy_type", "intent"])
def test_rules_and_classifier_together_give_more_right_answers_than_each_alone(
    readers: Mapping[str, Callable[[str], Answer]], half: str, question: str
) -> None:
    """Of all messages that ask for an answer, on both halves and for both questions."""
    right = {
        name: sum(
            getattr(read(each.text), question).label == getattr(each, question)
            for each in halves(messages())[half]
            if getattr(each, question) is not None
        )
        for name, read in readers.items()
    }
    assert right["together"] > max(right["classifier"], right["keywords"]), right
