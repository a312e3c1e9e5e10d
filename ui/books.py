"""The books of a language on a page: what each is and may be used for, its newer version, what reading gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from ctxlearn import adding, changes, manifest_writing, uploads
from ctxlearn.commands.output import counted
from ctxlearn.corpus import Part
from ctxlearn.data import POLICIES, Policy
from ctxlearn.errors import CtxlearnError
from ctxlearn.manifest import Corpus, Source
from ui.words import errors_in_words, plain, say_error

_SAID = "said"
_POLICY = {
    "local-only": "local-only: nothing of it leaves this machine",
    "no-retention": "no-retention: a hosted model may read it if its provider keeps nothing",
    "open": "open: any hosted model may read it",
}


def say(text: str) -> None:
    """Let the page say something when it is shown next."""
    st.session_state.setdefault(_SAID, []).append(text)


def said() -> list[str]:
    """Return what is to be said now."""
    return list(st.session_state.pop(_SAID, []))


# -- those that are there ---------------------------------------------------------------------------------------------


def sources(it: Corpus) -> None:
    """Show the books of a corpus, and what may be changed of one."""
    if not it.sources:
        st.info("No book yet. A dictionary is the best beginning: one line a word is enough.")
        return
    rows = [
        {
            "id": source.id,
            "kind": source.kind,
            "format": source.format or "recognised",
            "policy": source.policy,
            "licence": source.licence or "not said",
            "cite": source.cite,
            "there": "yes" if source.path.exists() else "no: ctxlearn get fetches it" if source.origin else "no",
        }
        for source in it.sources
    ]
    st.dataframe(rows, hide_index=True, alt="The books of this language")
    with st.expander("Change what is said of a book, or replace its file", icon=":material/edit:"):
        ids = [source.id for source in it.sources]
        chosen = st.selectbox("Book", ids, key=f"source-{it.name}")
        source = next(each for each in it.sources if each.id == chosen)
        left, right = st.columns(2, gap="large")
        with left, errors_in_words():
            _change(it, source)
        with right, errors_in_words():
            _replace(it, source)


def _change(it: Corpus, source: Source) -> None:
    with st.form(f"change-{it.name}-{source.id}"):
        policy = ask_policy(f"policy-{it.name}-{source.id}", source.policy)
        licence = st.text_input("Licence", value=source.licence)
        cite = st.text_area("How to cite it", value=source.cite)
        if not st.form_submit_button("Save"):
            return
    fields = {"policy": policy, "licence": licence.strip(), "cite": " ".join(cite.split())}
    before = {"policy": source.policy, "licence": source.licence, "cite": source.cite}
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if changed:
        manifest_writing.change(it.file, source.id, changed)
        say(f"{source.id}: {', '.join(changed)} changed.")
    st.rerun()


def ask_policy(key: str, chosen: Policy = "local-only") -> Policy:
    """Ask what a book may be used for."""
    policy: Policy = st.radio(
        "May a hosted model read it?",
        POLICIES[::-1],
        index=POLICIES[::-1].index(chosen),
        format_func=lambda it: _POLICY[it],
        key=key,
        help="The strictest policy of all the books that are packed rules the whole context.",
    )
    return policy


def _replace(it: Corpus, source: Source) -> None:
    st.markdown("**A newer version of its file**")
    sent = st.file_uploader("File", type=types(), key=f"replace-{it.name}-{source.id}-{turn(it)}")
    if sent is None:
        st.caption("First you see what would change; the file that is there now stays where it is.")
        return
    with st.spinner("Reading both versions …"):
        draft = replace(source, member="")
        new = adding.trial(it, sent.name, sent.getvalue(), draft, source.kind)
        assert isinstance(new, Part)
        try:
            old = adding.read(it, source, source.kind)
            found = changes.changes(old.material, new.material)
        except CtxlearnError as error:
            st.warning("The file that is there now cannot be read, so the two cannot be compared.")
            say_error(error)
            found = None
    if found is not None:
        show_changes(found)
    if st.button("Replace it", type="primary", icon=":material/upload_file:"):
        kept = uploads.keep(it.folder, sent.name, sent.getvalue())
        fields = {"path": adding.written(it, kept.path), **({"member": ""} if source.member else {})}
        manifest_writing.change(it.file, source.id, fields)
        say(f"{source.id} is now {kept.name}, kept as {kept.path.relative_to(it.folder)}.")
        next_turn(it)
        st.rerun()


def show_changes(found: changes.Changes) -> None:
    """Show what changed in a book, or in all of them."""
    if not found:
        st.info(f"Nothing changed: {found.same:,} records are the same.")
        return
    st.markdown(
        f"**{len(found.added):,}** added, **{len(found.removed):,}** removed, **{len(found.altered):,}** say something "
        f"else, **{found.same:,}** are the same"
    )
    rows = [{"": "added", "before": "", "now": text} for text in found.added]
    rows += [{"": "removed", "before": text, "now": ""} for text in found.removed]
    rows += [{"": "altered", "before": was, "now": now} for was, now in found.altered]
    st.dataframe(rows[:1000], hide_index=True, height=240, alt="What changed")


# -- uploaders --------------------------------------------------------------------------------------------------------


def types() -> list[str]:
    """Return the endings that an uploader takes."""
    return [ending.removeprefix(".") for ending in uploads.endings()]


def turn(it: Corpus) -> int:
    """Return how often the uploaders of this corpus were emptied: a new key is an empty uploader."""
    return int(st.session_state.get(f"turn-{it.name}", 0))


def next_turn(it: Corpus) -> None:
    """Empty the uploaders of this corpus."""
    st.session_state[f"turn-{it.name}"] = turn(it) + 1


# -- what reading gave ------------------------------------------------------------------------------------------------


def omissions(found: Mapping[str, Any]) -> None:
    """Show what was left out of a book, with file and line, and what is remarked."""
    left_out: Sequence[Mapping[str, Any]] = found["left_out"]
    broken = sum(not it["deliberate"] for it in left_out)
    if broken:
        st.warning(f"{counted(broken, 'thing')} in it could not be read.", icon=":material/warning:")
    if left_out:
        rows = [
            {"where": it["place"], "why": it["why"], "what": it["what"], "": "on purpose" if it["deliberate"] else ""}
            for it in left_out
        ]
        with st.expander(f"Left out: {broken:,} broken, {len(rows) - broken:,} on purpose"):
            st.dataframe(rows, hide_index=True, alt="What was left out, where and why")
    for remark in found["remarks"]:
        st.caption(plain(remark))


def checked(found: Mapping[str, Any]) -> None:
    """Show the report of reading a whole corpus."""
    leaks = found["leaks"]
    if leaks["removed"]:
        st.info(
            f"{counted(leaks['removed'], 'record')} with a held-out sentence left out of every context.",
            icon=":material/shield:",
        )
        with st.expander("Which they are"):
            st.dataframe(leaks["items"], hide_index=True, alt="Records that hold a held-out sentence")
    for source in found["sources"]:
        counts = ", ".join(f"{count:,} {name}" for name, count in source["read"].items())
        held = f"; {source['held_out']:,} held out" if source["held_out"] else ""
        st.markdown(f"**{plain(source['id'])}**: {plain(counts + held)}")
        omissions(source)
    rows = [
        {
            "held-out set": test["name"],
            "sentences": test["n"],
            "words in": code,
            "known types": f"{share['types']:.0%}",
            "known words": f"{share['tokens']:.0%}",
        }
        for test in found["tests"]
        for code, share in test["coverage"].items()
    ]
    if rows:
        st.dataframe(rows, hide_index=True, alt="How much of each held-out set stands in the books")
    st.caption(f"{found['tokens']:,} tokens in all; policy of the whole: {found['policy']}")
