"""From a taxonomy to a classifier."""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from threadpoolctl import threadpool_limits

from bowchat_contracts.ids import derived_id
from bowchat_registry.taxonomy import Taxonomy, TaxonomyClass
from bowchat_router.classify import embedding
from bowchat_router.classify.cascade import Cascade, Question
from bowchat_router.classify.embedding import common_pieces, embed
from bowchat_router.classify.features import terms_of
from bowchat_router.classify.phrases import Phrase, of_intents, of_policy_types, of_topics
from bowchat_router.classify.reading import Classifier
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.terms import Terms

_POLICY_TYPE_GOAL, _INTENT_GOAL = 0.885, 0.805
"""How accurate answers must be on phrases held out, so that of people's messages 95 % and 80 % are right. They are not
the same: a message mostly names its policy, where a phrase may not; and few hands wrote the phrases of an intent."""
_OF_CLASSES, _OF_TOPICS = 10.0, 1.0
"""How far a lesson's weights may go from zero. Two classes as wide as these are learnt by heart if they may go far."""
_REVISION = "4"
"""Of this package: changes where the same taxonomy would be read otherwise."""
_PACKAGES = ("numpy", "scipy", "scikit-learn")


def train(taxonomy: Taxonomy) -> Classifier:
    """The classifier that the taxonomy teaches. The same taxonomy and packages give the same one. Takes seconds."""
    # scikit-learn takes seconds to load, and most starts find what was learnt before.
    from bowchat_router.classify.lesson import Lesson  # noqa: PLC0415

    policy_words = Terms((each, ("policy", "name")) for each in taxonomy.policy_words)
    names = Terms((name, (each.name, "name")) for each in taxonomy.policy_types for name in each.names)
    types, intents, topics = of_policy_types(taxonomy), of_intents(taxonomy), of_topics(taxonomy)
    with threadpool_limits(
        limits=1
    ):  # the same sums in the same order, and none waits for a core that is busy
        texts = list(dict.fromkeys(each.text for each in (*types, *intents, *topics) if each.has_vector))
        vectors = dict(zip(texts, embed(texts), strict=True))
        none = np.zeros_like(next(iter(vectors.values())))

        def question(
            phrases: Sequence[Phrase],
            classes: Sequence[TaxonomyClass],
            goal: float,
            hidden: Terms | None = None,
            strength: float = _OF_CLASSES,
        ) -> Question:
            return Lesson(
                phrases,
                np.stack([vectors.get(each.text, none) for each in phrases]),
                classes,
                lambda known: Sight(terms_of(known), policy_words, hidden),
                strength,
            ).question(goal)

        return Cascade(
            version_of(taxonomy),
            common_pieces(texts),
            policy_type=question(types, taxonomy.policy_types, _POLICY_TYPE_GOAL),
            intent=question(intents, taxonomy.intents, _INTENT_GOAL, names),
            topic=question(topics, (*taxonomy.policy_types, *taxonomy.intents), 0.0, strength=_OF_TOPICS),
        )


def version_of(taxonomy: Taxonomy) -> str:
    """Changes with the taxonomy, and with every package that its reading depends on."""
    packages = [f"{each} {version(each)}" for each in _PACKAGES]
    return derived_id("cm", _REVISION, embedding.VERSION, *packages, taxonomy.model_dump_json())
