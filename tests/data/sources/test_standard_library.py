"""The text that every Python has."""

import pytest

from graves_jax.data.codec import TextCodec
from graves_jax.data.sources import standard_library


def test_it_is_a_few_megabytes_of_python():
  corpus = standard_library.load()
  count = len(corpus.train) + len(corpus.validation)
  assert 10**6 < count < 6 * 10**6
  assert len(corpus.validation) == round(count / 10)
  assert 90 < corpus.codec.size < 128
  text = corpus.codec.decode(corpus.train[0 : len(corpus.train)])
  assert "class JSONDecodeError" not in text  # modules, no packages
  assert "def bisect_left" in text and "import" in text
  again = standard_library.load(codec=corpus.codec)
  assert again.train[5000:5100].tolist() == corpus.train[5000:5100].tolist()


def test_it_has_words_too():
  corpus = standard_library.load(units="words", vocabulary=500)
  assert corpus.codec.size == 501
  assert corpus.words["train"] == len(corpus.train)
  assert {"</s>", "<unk>", "def", "return"} < set(corpus.codec.symbols)


def test_modules_are_sorted_and_others_left_out(tmp_path):
  (tmp_path / "b.py").write_text("import a\n")
  (tmp_path / "a.py").write_text("x = 1\n")
  (tmp_path / "c.py").write_text("y = 'é'\n")
  (tmp_path / "d.py").write_bytes(b"z = '\xff'\n")
  (tmp_path / "e.py").write_text("# too large\n" * 10_000)
  (tmp_path / "f.py").write_text("\n")
  (tmp_path / "test").mkdir()
  (tmp_path / "test" / "g.py").write_text("z = 1\n")
  assert standard_library.read_sources(tmp_path) == "x = 1\n\nimport a\n"


def test_a_python_without_sources_is_named(tmp_path):
  with pytest.raises(ValueError, match=r"no sources.*--data\.path"):
    standard_library.read_sources(tmp_path)


def test_a_codec_that_lacks_symbols_is_refused():
  with pytest.raises(ValueError, match="of 3 lacks"):
    standard_library.load(codec=TextCodec.of("abc"))
