"""Ways to read a message: the router's classifier, alone and behind the rules; keywords; TF-IDF with a regression."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bowchat_registry.keywords import words
from bowchat_registry.registry import Registry
from bowchat_registry.taxonomy import POLICY, Taxonomy, TaxonomyClass
from bowchat_router.classify import Guess, Reading, train
from bowchat_router.domain.case import Case
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Dossier


@dataclass(frozen=True, slots=True)
class Answer:
    policy_type: Guess
    intent: Guess
    off_topic: float
    is_spared: bool = False
    """Whether a rule and wording sufficed, so that the classifier was not asked for the meaning."""


Read = Callable[[str], Answer]
_NOW = datetime(2026, 1, 5, 6, tzinfo=UTC)


def classifier(registry: Registry) -> Read:
    trained = train(registry.taxonomy)

    def read(text: str) -> Answer:
        reading = trained.read(text)
        return Answer(reading.policy_type, reading.intent, reading.off_topic)

    return read


def rules(registry: Registry) -> Read:
    """The shipped rules with the classifier behind them, as the router asks both about somebody it does not know."""
    trained = train(registry.taxonomy)

    def read(text: str) -> Answer:
        case = Case(Heard(text, _NOW), Dossier("", 1, ()), (), registry, trained, _NOW)
        kind, intent = case.kind, case.intent
        reading = case.asked or trained.skim(text)
        return Answer(
            reading.policy_type if kind == reading.policy_type.label else _plain(kind),
            reading.intent if intent == reading.intent.label else _plain(intent),
            reading.off_topic,
            is_spared=not isinstance(reading, Reading),
        )

    return read


def keywords(registry: Registry) -> Read:
    """The class of which the text has most names, longer ones counting for more; no answer where it has none."""
    kinds, intents = _names(registry.taxonomy.policy_types), _names(registry.taxonomy.intents)

    def read(text: str) -> Answer:
        kind, intent = _named(kinds, text), _named(intents, text)
        return Answer(_plain(kind), _plain(intent), float(kind is None and intent is None))

    return read


def _names(classes: Sequence[TaxonomyClass]) -> dict[str, list[str]]:
    return {each.name: [words(name) for name in each.names] for each in classes}


def _named(names: Mapping[str, Sequence[str]], text: str) -> str | None:
    spaced = words(text)
    found = Counter(
        {label: sum(name.count(" ") for name in own if name in spaced) for label, own in names.items()}
    )
    label, count = found.most_common(1)[0]
    return label if count else None


def _plain(label: str | None) -> Guess:
    return Guess(label, float(label is not None), ((label, 1.0),) if label else ())


def tfidf(registry: Registry) -> Read:
    """What many would do first, on the same examples: words and pairs of them, no terms, no vectors, no calibration."""
    taxonomy = registry.taxonomy
    kinds = _learnt(taxonomy.policy_types, taxonomy)
    intents = _learnt(taxonomy.intents, taxonomy)

    def read(text: str) -> Answer:
        kind, intent = _likeliest(kinds, text), _likeliest(intents, text)
        return Answer(kind, intent, 1 - max(kind.confidence, intent.confidence))

    return read


def _learnt(classes: Sequence[TaxonomyClass], taxonomy: Taxonomy) -> Pipeline:
    texts = [
        (example.replace(POLICY, taxonomy.policy_words[0]), each.name)
        for each in classes
        for example in (*each.examples, *each.names, each.description)
    ]
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=500)
    )
    return model.fit([text for text, _ in texts], [label for _, label in texts])


def _likeliest(model: Pipeline, text: str) -> Guess:
    chances = sorted(
        zip(model.classes_, model.predict_proba([text])[0], strict=True), key=lambda each: -each[1]
    )
    ranked = tuple((str(label), float(chance)) for label, chance in chances[:3])
    return Guess(ranked[0][0], ranked[0][1], ranked)
