"""What everything that compares sentences promises."""

import numpy as np
import pytest

from copyright_optout.adapters.minilm import SENTENCE_CONVERTERS, SENTENCE_PACKS, minilm
from copyright_optout.ports.descriptions import SentenceEmbedder
from tests.fakes.likeness import shared_cache
from tests.fakes.reading import BagOfWords
from trust_kernel.errors import Unavailable
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory

TEXTS = ("a yellow mouse with red cheeks", "an old lighthouse in a storm", "a yellow mouse with red cheeks")


class SentenceEmbedderContract:
    def make(self) -> SentenceEmbedder:
        raise NotImplementedError

    def test_each_text_gets_a_vector_of_length_one(self) -> None:
        vectors = self.make().embed(TEXTS)
        assert (vectors.dtype.name, len(vectors)) == ("float32", 3)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)

    def test_what_says_the_same_is_nearest(self) -> None:
        vectors = self.make().embed(TEXTS)
        assert vectors[0] @ vectors[2] == pytest.approx(1.0, abs=1e-5)
        assert vectors[0] @ vectors[1] < self.make().threshold(1)

    def test_a_text_is_the_same_alone_and_among_others(self) -> None:
        embedder = self.make()
        together = embedder.embed([*TEXTS, "a much longer text of many words " * 20])
        assert together[1] == pytest.approx(embedder.embed(TEXTS[1:2])[0], abs=1e-5)

    def test_no_texts_have_no_vectors(self) -> None:
        assert len(self.make().embed(())) == 0

    def test_it_says_what_it_is_and_from_where_texts_are_alike(self) -> None:
        embedder = self.make()
        assert embedder.version
        assert 0 < embedder.threshold(1) < 1

    def test_the_more_descriptions_the_more_alike_a_text_must_be(self) -> None:
        thresholds = [self.make().threshold(count) for count in (1, 40, 400, 4_000, 10**9)]
        assert thresholds == sorted(thresholds)
        assert thresholds[0] < thresholds[2]
        assert thresholds[-1] < 1


class TestBagOfWords(SentenceEmbedderContract):
    def make(self) -> SentenceEmbedder:
        return BagOfWords()


class TestMiniLm(SentenceEmbedderContract):
    @pytest.fixture(scope="class")
    def embedder(self) -> SentenceEmbedder:
        store = ModelStore(shared_cache(), SENTENCE_PACKS, SENTENCE_CONVERTERS)
        for name in store.names():
            store.pull(name)
        return minilm(store, SessionFactory())

    @pytest.fixture(autouse=True)
    def _kept(self, embedder: SentenceEmbedder) -> None:
        self._embedder = embedder  # its network takes a moment to load

    def make(self) -> SentenceEmbedder:
        return self._embedder

    def test_other_words_for_one_thing_are_alike_and_other_things_are_not(self) -> None:
        asked, described, other = self._embedder.embed(
            [
                "the yellow electric mouse from the monster-catching game",
                "A round yellow mouse that stores electricity in its cheeks, from a game about catching monsters.",
                "a grey mouse eats a piece of cheese on the kitchen floor",
            ]
        )
        assert asked @ described >= self._embedder.threshold(40)
        assert other @ described < self._embedder.threshold(40)


def test_a_model_that_is_not_installed_is_an_outage_and_not_an_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = ModelStore(tmp_path_factory.mktemp("empty"), SENTENCE_PACKS, SENTENCE_CONVERTERS)
    with pytest.raises(Unavailable) as refused:
        minilm(store, SessionFactory()).embed(TEXTS)
    assert refused.value.code == "model:pack:not_installed"
