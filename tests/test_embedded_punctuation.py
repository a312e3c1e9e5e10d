from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxlearn.models.embedded import punctuation, text
from ctxlearn.models.embedded.punctuation import Punctuation, is_quoted, is_whole

SAID = [
    "He said: “Go!”",
    "She said: “Come (here)!”",
    "They said, “No.”",
    "His wife (she) asked.",
    "A man, a dog, a cat and, they say, a bird went.",
    "They came, they saw, they left, they slept.",
]
SIGNS = Punctuation({"“": "”", "(": ")", '"': '"'}, [","], [",", ":"])


def test_what_opens_and_what_closes_is_learned_from_sentences() -> None:
    assert punctuation.study(SAID * 3).pairs == {"“": "”", "(": ")"}
    assert punctuation.study(["Er rief: „Geh!“", "Sie rief: „Komm!“", "„Nein“, sagte er."]).pairs == {"„": "“"}
    assert punctuation.study(["»Geh!«, rief er.", "»Komm!«, rief sie.", "»Nein.«"]).pairs == {"»": "«"}
    assert punctuation.study(['"Go!"', 'He said "no".', '"Come!" she said.']).pairs == {'"': '"'}
    assert punctuation.study(["The boys’ house.", "‘Go!’", "a) the first", "(a"] * 5).pairs == {}


def test_signs_that_begin_or_end_no_sentence_are_learned() -> None:
    found = punctuation.study(SAID * 2)
    assert (found.never_first, found.never_last) == ([","], [","])
    found = punctuation.study([*SAID, "They came, they left,"] * 3)
    assert (found.never_first, found.never_last) == ([","], [","])  # there is no mark behind it
    found = punctuation.study([*SAID, "They came, they left,.", ", he said."] * 3)
    assert (found.never_first, found.never_last) == ([], [])
    assert punctuation.study(SAID[:4]).never_last == []  # seen too seldom
    assert punctuation.study(["5 % of them went."] * 20).never_first == []  # means something


@pytest.mark.parametrize(
    ("words", "mark", "written"),
    [
        ("he said : “ go", ".", "he said : “ go .”"),
        ("he said : “ go", "!”", "he said : “ go !”"),
        ("he said : go", "!”", "he said : go !"),
        ("he ) went ”", ".", "he went ."),
        ("( he went", ".", "he went ."),
        ("he went ( “ away ” )", ".", "he went ( “ away ” ) ."),
        ('he said " go', ".", 'he said " go ."'),
        ("he went , :", ".", "he went ."),
        ("he went ,", "", "he went , "),
        ("he went “", ".", "he went ."),
        (", , he went : away", "", "he went : away "),
        (": he went", ".", ": he went ."),
        (",", ".", ", ."),
        ("", ".", " ."),
    ],
)
def test_a_sentence_is_mended(words: str, mark: str, written: str) -> None:
    left, ending = SIGNS.mended(words.split(), mark)
    assert f"{' '.join(left)} {ending}" == written


def test_what_is_quoted_as_a_whole_stays_so() -> None:
    assert SIGNS.mended(["go"], "!”", quoted=True) == (("“", "go"), "!”")
    assert SIGNS.mended(["“", "go"], "!”", quoted=True) == (("“", "go"), "!”")
    assert SIGNS.mended(["go"], "!", quoted=True) == (("go",), "!")
    assert is_quoted(["“", "go"], "!”") and not is_quoted(["go"], "!”") and not is_quoted([], ".””")
    assert not is_quoted(["(", "go"], ")") and not is_quoted(["go", "“", "he"], ".”")


def test_a_part_of_a_quotation_is_not_whole() -> None:
    assert is_whole(["“", "Go"], "!”") and is_whole(["the", "boys", "’"], ".")
    assert is_whole(["„", "Geh", "(", "er", ")"], "!“") and is_whole([], "")
    assert not is_whole(["“", "Go"], "!") and not is_whole(["come"], ".”")
    assert not is_whole(["1", ")", "go", "2", ")", "come"], ".") and not is_whole(["go", ")", "(", "come"], ".")


@given(st.lists(st.sampled_from([*'“”()",:', "go", "he"]), max_size=12), st.sampled_from(["", ".", "!”", '."', ".)"]))
def test_mending_leaves_the_words_and_is_done_once(words: list[str], mark: str) -> None:
    left, ending = SIGNS.mended(words, mark)
    assert [word for word in left if text.is_word(word)] == [word for word in words if text.is_word(word)]
    assert SIGNS.mended(left, ending) == (left, ending)
    assert Punctuation().mended(words, mark) == (tuple(words), mark)


def test_a_capital_follows_the_signs_that_it_follows_in_the_books() -> None:
    writing = text.study(SAID)
    assert writing.leading == ["“"]
    assert writing.write(["he", "said", ":", "“", "who", ",", "he"]) == "He said: “Who, he"
    assert text.study(["he said: “go!”", "she said: “come!”"]).write(["he", "said", "“", "go"]) == "he said “go"


def test_an_abbreviation_is_a_word_and_no_capital_follows_its_point() -> None:
    assert text.tokens("A k.o. fish, at 6.30 p.m.") == ["A", "k.o", ".", "fish", ",", "at", "6.30", "p.m", "."]
    assert text.tokens("a.So... p.3 b.C") == ["a", ".", "So", ".", ".", ".", "p", ".", "3", "b.C"]
    writing = text.study(["It came. Then it went.", "He saw. They came.", "Yes. No."])
    assert writing.write(["k.o", ".", "fish", ".", "yes"]).endswith("fish. Yes")
    assert "ish" in writing.write(["a", "k.o", ".", "fish"]) and "Fish" not in writing.write(["a", "k.o", ".", "fish"])
