"""A trained classifier and its encoder are kept between starts, in a directory that is this user's own alone."""

import os
from pathlib import Path

import numpy as np
import pytest

from bowchat_registry.taxonomy import Taxonomy
from bowchat_router.classify import embedding
from bowchat_router.classify.reading import Classifier
from bowchat_router.kept import Train, kept
from bowchat_router.testing import FixedReadings


class School:
    """Counts how often it teaches."""

    def __init__(self) -> None:
        self.lessons = 0

    def train(self, _: Taxonomy) -> Classifier:
        self.lessons += 1
        return FixedReadings(kinds={"car": "motor"})


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not yet loaded, and from the wheel."""
    monkeypatch.setattr(embedding, "ENCODER", embedding.Encoder())


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy.model_construct(policy_types=(), intents=(), policy_words=(), off_topic=())


def trains(school: School, directory: Path | None, version: str = "one") -> Train:
    return kept(school.train, lambda _: version, directory)


def test_the_second_start_trains_no_more(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """What was learnt is read back and reads the same; another version is learnt anew."""
    school = School()
    first = trains(school, tmp_path / "cache")(taxonomy)
    again = trains(school, tmp_path / "cache")(taxonomy)
    assert (school.lessons, again.read("my car")) == (1, first.read("my car"))
    trains(school, tmp_path / "cache", "two")(taxonomy)
    assert school.lessons == 2


def test_the_cache_does_not_grow(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Of many versions the latest stay, and so does an old one that is still in use."""
    school = School()
    trains(school, tmp_path, "in-use")(taxonomy)
    for number in range(20):
        trains(school, tmp_path, str(number))(taxonomy)
        trains(school, tmp_path, "in-use")(taxonomy)
    assert school.lessons == 21
    assert len(list(tmp_path.iterdir())) == 4
    trains(school, tmp_path, "18")(taxonomy)
    assert school.lessons == 21


def test_nothing_is_kept_where_no_directory_is_named(taxonomy: Taxonomy) -> None:
    """Every start trains."""
    school = School()
    for _ in range(2):
        trains(school, None)(taxonomy)
    assert school.lessons == 2


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04cnowhere\nnothing\n."])
def test_what_cannot_be_read_is_learnt_again(tmp_path: Path, taxonomy: Taxonomy, content: bytes) -> None:
    """A file that was cut short, or is of another version of the program, stops no start."""
    school = School()
    trains(school, tmp_path)(taxonomy)
    (path,) = tmp_path.glob("classifier-*")
    path.write_bytes(content)
    trains(school, tmp_path)(taxonomy)
    trains(school, tmp_path)(taxonomy)
    assert school.lessons == 2


def test_a_directory_that_others_may_write_to_counts_for_nothing(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """What is read there could be anybody's, and reading it runs it."""
    school, open_to_all = School(), tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    for _ in range(2):
        trains(school, open_to_all)(taxonomy)
    assert school.lessons == 2
    assert list(open_to_all.iterdir()) == []


def test_a_kept_encoder_gives_the_vectors_of_its_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit, without unpacking the wheel again; a file that was cut short is made anew."""
    texts = ["the windscreen of my car is cracked", "se me rompió el parabrisas", ""]
    wheels, unpacked = embedding.from_wheel(), []

    def unpack() -> object:
        unpacked.append(wheels)
        return wheels

    def started_again() -> embedding.Vectors:
        monkeypatch.setattr(embedding, "ENCODER", embedding.Encoder())
        trains(School(), tmp_path)
        return embedding.embed(texts)

    monkeypatch.setattr(embedding, "from_wheel", unpack)
    vectors = started_again()
    assert np.array_equal(started_again(), vectors)
    assert len(unpacked) == 1
    (path,) = tmp_path.glob("encoder-*")
    os.truncate(path, path.stat().st_size // 2)
    assert np.array_equal(started_again(), vectors)
    assert len(unpacked) == 2
