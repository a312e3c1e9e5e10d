"""The forms of English words, as far as sentences are recombined: found in a sentence, and made for another word."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

_PLURALS = (
    "man/men woman/women child/children person/people foot/feet tooth/teeth mouse/mice wolf/wolves knife/knives "
    "leaf/leaves thief/thieves sheep/sheep fish/fish deer/deer loaf/loaves potato/potatoes life/lives wife/wives"
)
_PASTS = (
    "see/saw/seen do/did/done give/gave/given take/took/taken know/knew/known eat/ate/eaten drink/drank/drunk "
    "hear/heard/heard stand/stood/stood sit/sat/sat sleep/slept/slept think/thought/thought speak/spoke/spoken "
    "find/found/found lose/lost/lost hold/held/held bring/brought/brought put/put/put leave/left/left "
    "run/ran/run ride/rode/ridden swim/swam/swum fly/flew/flown fall/fell/fallen rise/rose/risen "
    "send/sent/sent buy/bought/bought sell/sold/sold pay/paid/paid cut/cut/cut break/broke/broken "
    "build/built/built dig/dug/dug grow/grew/grown catch/caught/caught throw/threw/thrown hit/hit/hit "
    "sing/sang/sung read/read/read write/wrote/written teach/taught/taught understand/understood/understood "
    "forget/forgot/forgotten choose/chose/chosen meet/met/met hurt/hurt/hurt shine/shone/shone "
    "blow/blew/blown freeze/froze/frozen shake/shook/shaken hide/hid/hidden steal/stole/stolen "
    "fight/fought/fought win/won/won lead/led/led sew/sewed/sewn weave/wove/woven wear/wore/worn lie/lay/lain "
    "forgive/forgave/forgiven hang/hung/hung bite/bit/bitten sink/sank/sunk show/showed/shown tell/told/told "
    "lend/lent/lent sweep/swept/swept light/lit/lit spill/spilt/spilt grind/ground/ground ring/rang/rung "
    "feed/fed/fed wake/woke/woken spin/spun/spun bleed/bled/bled"
)
_HELPERS = frozenset(("is", "are", "was", "were", "be", "been", "am", "has", "have", "had", "get", "gets", "got"))
PLURALS = dict(pair.split("/") for pair in _PLURALS.split())
PASTS = {base: (past, participle) for base, past, participle in (verb.split("/") for verb in _PASTS.split())}


def forms(word_class: str, word: str) -> Mapping[str, str]:
    """Return the forms of an English word by their names; adjectives compare with -er and -est where they are short.

    >>> forms("v", "carry")["past"], forms("n", "wolf")["plural"], forms("adj", "wet")["more"]
    ('carried', 'wolves', 'wetter')
    """
    if word_class == "n":
        return {"plain": word, "plural": PLURALS.get(word) or _add(word, "s")}
    if word_class == "adj":
        return {"plain": word, "more": _add(word, "er"), "most": _add(word, "est")}
    if word_class != "v":
        return {"plain": word}
    past, participle = PASTS.get(word) or (_add(word, "ed"), _add(word, "ed"))
    return {
        "plain": word,
        "third": _add(word, "s"),
        "past": past,
        "participle": participle,
        "ing": _add(word, "ing"),
    }


def form_of(word_class: str, word: str, written: str, before: str) -> str:
    """Return which form of `word` is `written`, or nothing; `before` is the word before it, which tells participles."""
    found = [name for name, form in forms(word_class, word).items() if form == written.lower()]
    if {"past", "participle"} <= set(found):
        return "participle" if before.lower() in _HELPERS else "past"
    return found[0] if found else ""


def _add(word: str, ending: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou" and ending != "ing":
        return word[:-1] + ("ies" if ending == "s" else "i" + ending)
    if ending == "s":
        return word + ("es" if word.endswith(("s", "sh", "ch", "x", "z")) else "s")
    if word.endswith("e"):
        return (word if ending == "ing" and word.endswith("ee") else word[:-1]) + ending
    doubles = len(word) < 5 and word[-1] in "bdgmnpt" and word[-2] in "aeiou" and word[-3] not in "aeiou"
    return word + (word[-1] if doubles else "") + ending


def articles(words: list[str]) -> list[str]:
    """Return the words with `a` and `an` as the following word asks for.

    >>> articles(["a", "owl", "and", "an", "bear"])
    ['an', 'owl', 'and', 'a', 'bear']
    """
    made = list(words)
    for at, (word, following) in enumerate(pairwise(words)):
        if word.lower() in ("a", "an") and following not in ("hour", "honest", "useful", "one"):
            made[at] = word[0] + ("n" if following[0].lower() in "aeiou" else "")
    return made
