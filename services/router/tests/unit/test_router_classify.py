"""The classifier learns from a taxonomy, says how sure it is, and keeps silent where it is not."""

from collections.abc import Mapping

import pytest

from bowchat_registry.taxonomy import Taxonomy
from bowchat_router.classify import Classifier, language_of, train
from bowchat_router.classify.features import terms_of
from bowchat_router.classify.phrases import of_intents, of_policy_types
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.terms import NAME, WORD, Terms
from bowchat_router.classify.tokens import tokens_of

MOTOR = {
    "name": "motor",
    "description": "Cars and other vehicles on the road.",
    "names": ["car insurance", "auto insurance", "seguro de coche", "कार बीमा"],
    "words": ["car", "bumper", "windscreen", "driver", "garage", "crash", "parked", "coche", "गाड़ी"],
    "examples": [
        "Somebody hit my car", "The windscreen has a crack", "My bumper came off in the garage",
        "Is my brother covered as a driver?", "Me chocaron el coche", "मेरी गाड़ी टूट गई",
    ],
}  # fmt: skip
HOME = {
    "name": "home",
    "description": "Houses, flats and what is in them.",
    "names": ["home insurance", "house insurance", "seguro de hogar", "गृह बीमा"],
    "words": ["house", "roof", "burglar", "pipe", "kitchen", "furniture", "casa", "घर"],
    "examples": [
        "A pipe burst in the kitchen", "The roof leaks", "Burglars took our furniture", "Our house burnt down",
        "Se inundó la casa", "घर में चोरी हो गई",
    ],
}  # fmt: skip
CLAIM = {
    "name": "claim",
    "description": "Something has happened.",
    "names": ["claim"],
    "words": ["stolen", "broken", "accident"],
    "examples": [
        "I had an accident",
        "It was stolen",
        "How is my claim?",
        "I claim on my {policy}",
        "It is broken",
    ],
}
CANCELLATION = {
    "name": "cancellation",
    "description": "The person wants to end a policy.",
    "names": ["cancel"],
    "words": ["stop", "end", "close"],
    "examples": [
        "Cancel my {policy}",
        "I want to end it",
        "Please stop my {policy}",
        "Close it",
        "Quiero cancelar mi {policy}",
    ],
}
PET = {
    "name": "pet",
    "description": "Dogs, cats and their doctors.",
    "names": ["pet insurance", "dog insurance"],
    "words": ["vet", "puppy", "cat", "dog"],
    "examples": [
        "My dog needs surgery",
        "Is the vet paid?",
        "My cat is ill",
        "A puppy bit me",
        "He ate a sock",
    ],
}
OFF_TOPIC = [
    "What a match last night",
    "Two pizzas please",
    "Nice weather today",
    "Buy crypto now",
    "Happy birthday",
]


def taxonomy(*policy_types: Mapping[str, object]) -> Taxonomy:
    return Taxonomy.model_validate(
        {
            "policy_words": ["policy", "insurance", "seguro", "बीमा"],
            "policy_types": policy_types,
            "intents": [CLAIM, CANCELLATION],
            "off_topic": OFF_TOPIC,
        }
    )


@pytest.fixture(scope="module")
def small() -> Classifier:
    return train(taxonomy(MOTOR, HOME))


@pytest.fixture(scope="module")
def with_pets() -> Classifier:
    return train(taxonomy(MOTOR, HOME, PET))


TEXTS = [
    "my bumper is gone",
    "there is a burglar in the kitchen",
    "please cancel it",
    "hello",
    "",
    "¿y mi coche?",
    "घर",
]


@pytest.mark.parametrize(
    ("text", "policy_type"),
    [
        ("the garage wants money for my car", "motor"),
        ("my kitchen and the roof", "home"),
        ("mi casa", "home"),
    ],
)
def test_a_policy_type_is_read(small: Classifier, text: str, policy_type: str) -> None:
    """A message that holds what belongs to a class is read as that class, in words no phrase has."""
    assert small.read(text).policy_type.ranked[0][0] == policy_type


def test_an_intent_does_not_depend_on_the_policy_type(small: Classifier) -> None:
    """What is wanted of a car policy is wanted of any: the name of the type is not even seen."""
    kinds = taxonomy(MOTOR, HOME).policy_types
    hidden = Terms((name, (each.name, NAME)) for each in kinds for name in each.names)
    sight = Sight(terms_of(taxonomy(MOTOR).intents), Terms([]), hidden)
    texts = ("please cancel my car insurance", "please cancel my house insurance")
    seen = [sight.of(tokens_of(each)) for each in texts]
    assert seen[0] == seen[1] != sight.of(tokens_of("please cancel my car"))
    assert {small.read(each).intent.ranked[0][0] for each in texts} == {"cancellation"}


def test_the_longest_term_counts_alone() -> None:
    """A home health aide is no home: the term that holds the word takes it."""
    terms = Terms([("home", ("home", WORD)), ("home health aide", ("care", WORD))])
    assert [hit.entries for hit in terms.hits(tokens_of("a home health aide in my home"))] == [
        (("care", WORD),),
        (("home", WORD),),
    ]


def test_the_same_taxonomy_reads_the_same(small: Classifier) -> None:
    """A decision can be replayed: training again gives the same version and the same readings, to the last digit."""
    again = train(taxonomy(MOTOR, HOME))
    assert again.version == small.version
    assert [again.read(each) for each in TEXTS] == [small.read(each) for each in TEXTS]


def test_another_taxonomy_is_another_version(small: Classifier, with_pets: Classifier) -> None:
    """A reading names the model that made it, so two models never share a name."""
    assert with_pets.version != small.version
    assert small.read("my car").model == small.version


def test_a_line_of_business_is_added_without_code(small: Classifier, with_pets: Classifier) -> None:
    """A class in the taxonomy is found in messages; before, nobody could have found it."""
    text = "does the dog insurance pay for my puppy at the vet"
    assert with_pets.read(text).policy_type.ranked[0][0] == "pet"
    assert "pet" not in dict(small.read(text).policy_type.ranked)
    assert with_pets.read("the roof of my house").policy_type.ranked[0][0] == "home"


def test_ranked_classes_have_probabilities(with_pets: Classifier) -> None:
    """At most three classes, the likeliest first, and no more than certainty among them; what is answered leads them."""
    for text in TEXTS:
        reading = with_pets.read(text)
        for guess in (reading.policy_type, reading.intent):
            chances = [chance for _, chance in guess.ranked]
            assert chances == sorted(chances, reverse=True)
            assert 1 <= len(chances) <= 3
            assert chances[-1] >= 0
            assert sum(chances) <= 1 + 1e-9
            assert guess.confidence == chances[0]
            assert guess.label in (None, guess.ranked[0][0])
        assert 0 <= reading.off_topic <= 1


def test_below_its_threshold_there_is_no_answer(small: Classifier) -> None:
    """A message that says nothing of a policy is not pressed into a policy type."""
    assert small.read("and then I said to her").policy_type.label is None
    assert small.read("").policy_type.label is None


def test_off_topic_is_told_from_a_matter(small: Classifier) -> None:
    """Small talk scores above a claim."""
    for told in (small.read, small.skim):
        assert told("two pizzas for tonight").off_topic > told("my car was stolen").off_topic


def test_a_long_message_is_read_to_a_limit(small: Classifier) -> None:
    """A text of a hundred thousand letters costs no more than its beginning says."""
    assert small.read("my car and the garage. " + "word " * 20_000).policy_type.ranked[0][0] == "motor"


def test_one_policy_type_is_enough() -> None:
    """An aggregator of a single line of business is one as well."""
    assert (
        train(taxonomy(MOTOR)).read("my car has a crack in the windscreen").policy_type.ranked[0][0]
        == "motor"
    )


def test_sentences_for_any_policy_teach_each_type() -> None:
    """A placeholder is written out with the names of a type, in the sentence's own language, and never left standing."""
    texts = [each.text for each in of_policy_types(taxonomy(MOTOR, HOME))]
    assert any("Quiero cancelar mi seguro de" in each for each in texts)
    assert not any("{policy}" in each.text for each in of_intents(taxonomy(MOTOR, HOME)))
    assert not any("{policy}" in each for each in texts)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to cancel my policy, please", "en"),
        ("Quiero cancelar mi póliza", "es"),
        ("¿Cuánto?", "es"),
        ("मुझे पॉलिसी रद्द करनी है", "hi"),
        ("meri policy cancel karni hai", "hi-Latn"),
        ("আমার গাড়ি", "bn"),
        ("என் கார்", "ta"),
        ("سيارتي", "ar"),
        ("моя машина", "ru"),
        ("車がこわれた", "ja"),
        ("我的车", "zh"),
        ("", "und"),
        ("🚗🔥", "und"),
        ("1234", "und"),
    ],
)
def test_languages_are_told(text: str, language: str) -> None:
    """By script, and in Latin script by small words; nothing is guessed where nothing tells."""
    assert language_of(text) == language
