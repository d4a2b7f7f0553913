"""The sentence encoder for one message gives the wheel's vectors, and the same ones whatever was read before."""

import numpy as np
import pytest

from bowchat_router.classify import embedding
from bowchat_router.classify.encoder import SentenceEncoder

TEXTS = (
    "hi",
    "My car's windscreen is cracked!! Who do I call??",
    "se me rompió el parabrisas, ¿lo cubre mi póliza?",
    "¡Hola!  dos   espacios\ny una línea",
    "the policy no. ACM-2026-000101 … 保険 страховка 🚗",
    "was " * 190 + "it covered",
)
ROUNDING = 2e-6


@pytest.fixture(scope="module")
def wheel() -> object:
    return embedding.from_wheel()


def test_a_vector_is_the_wheels(wheel: object) -> None:
    """But for how it rounds; with common pieces and without."""
    encoder = SentenceEncoder(wheel)
    common = encoder.common((*TEXTS, *TEXTS[:3]))
    assert common
    expected = np.stack([wheel.encode([each])[0] for each in TEXTS])  # type: ignore[attr-defined]
    for known in ({}, common):
        found = np.stack([encoder.vector(each, known) for each in TEXTS])
        assert np.abs(found - expected).max() < ROUNDING


def test_what_was_read_before_changes_no_bit(wheel: object) -> None:
    """A message is read alike by a router that has just started and by one that runs for weeks."""
    worn, common = SentenceEncoder(wheel), SentenceEncoder(wheel).common(TEXTS)
    for each in reversed(TEXTS):
        worn.vector(f"{each} {each}", common)
    for each in TEXTS:
        assert np.array_equal(worn.vector(each, common), SentenceEncoder(wheel).vector(each, common))


def test_common_are_the_pieces_that_several_texts_have(wheel: object) -> None:
    """Often in one text is not common: it stands for one message."""
    encoder = SentenceEncoder(wheel)
    once, twice = encoder.common(["car car car"]), encoder.common(["my car", "a car"])
    assert not once
    assert twice
    assert {*twice} < {*encoder.common(["my car", "my car"])}
