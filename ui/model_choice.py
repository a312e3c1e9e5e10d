"""Which model is asked, and how: those of this machine, and the hosted ones that the books' policies let be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ctxlearn import cli, models, policy, settings
from ctxlearn.commands import models as listing
from ctxlearn.costs import Budget
from ctxlearn.data import Policy
from ctxlearn.errors import PolicyError
from ctxlearn.history import Translated
from ctxlearn.models import Hosting, plans
from ctxlearn.policy import Destination
from ctxlearn.settings import Settings
from ctxlearn.spending import new_job
from ui.words import plain

KEY = "model"
LOCAL = {
    "embedded": "embedded (this machine, free)",
    "embedded-quick": "embedded-quick (the same, faster)",
    "word-for-word": "word-for-word (baseline)",
    "nearest": "nearest (baseline)",
    "copy": "copy (baseline)",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, how it is asked, and what may be spent on it."""

    model: str
    hosting: Hosting
    budget: Budget

    @property
    def is_hosted(self) -> bool:
        """Whether it is asked over the network."""
        return models.is_hosted(self.model)

    def arguments(self) -> list[str]:
        """Return the options that say the same on the command line."""
        said = (("--model", self.model), ("--api-base", self.hosting.api_base), ("--max-cost", self.budget.limit))
        options = [part for name, value in said if value is not None for part in (name, str(value))]
        return [*options, *(["--allow-unknown-price"] if self.budget.allow_unknown else [])]


def choose_model(here: Settings, policies: Sequence[Policy], tokens: int, newest: Translated | None) -> Choice:
    """Let the visitor choose a model; those that the policies refuse are not offered, and it is said why."""
    allowed, refused = _judged(here, policies, tokens)
    options = [*LOCAL, *allowed]
    if KEY not in st.session_state:
        last = newest.model if newest is not None else here.model
        st.session_state[KEY] = last if last in options else "embedded"
    elif st.session_state[KEY] not in options:  # one that was typed
        options.append(st.session_state[KEY])
    name = st.selectbox(
        "Model",
        options,
        key=KEY,
        format_func=lambda it: LOCAL.get(it, it),
        accept_new_options=True,
        persist_state="session",
        help="A hosted model is listed when its key is set; any other can be typed by litellm's name, such as "
        "anthropic/claude-sonnet-5-5. The page Settings & keys says which there are.",
    )
    if refused:
        st.caption(plain(f"Not offered: {', '.join(refused)}. {next(iter(refused.values()))}"))
    name = str(name or "embedded")
    return _hosted(here, name) if models.is_hosted(name) else Choice(name, Hosting(), Budget())


def _hosted(here: Settings, name: str) -> Choice:
    """Let the visitor say where a hosted model is and what may be spent on it."""
    said = here.models.get(name)
    with st.popover("Server and price", width="stretch"):
        base = st.text_input(
            "Server",
            value=(said.api_base if said else None) or "",
            key=f"server-{name}",
            persist_state="session",
            help="For a model served by yourself, such as http://127.0.0.1:8000/v1; empty is the provider's own.",
        )
        most = st.number_input(
            "Most to spend on one text or file, in USD", min_value=0.0, value=1.0, key="most", persist_state="session"
        )
        unknown = st.toggle("Ask although nobody knows its price", key="unknown-price", persist_state="session")
    return Choice(name, Hosting(api_base=base or None), Budget(float(most or 0), bool(unknown), new_job()))


def offered(here: Settings, policies: Sequence[Policy], tokens: int) -> list[str]:
    """Return the hosted models that have a key, or are set up, and may read what is under these policies."""
    return _judged(here, policies, tokens)[0]


def _judged(here: Settings, policies: Sequence[Policy], tokens: int) -> tuple[list[str], dict[str, str]]:
    """Return the hosted models that have a key, or are set up, and may be asked, and by name why others may not."""
    allowed: list[str] = []
    refused: dict[str, str] = {}
    providers = tuple(it for it in plans.PROVIDERS if settings.name_set(*listing.keys_of(it)))
    for name in dict.fromkeys([*_of_providers(providers, tokens // 100_000), *here.models]):
        said = here.models.get(name)
        try:
            policy.check(policies, Destination(name, said.api_base if said else None), here)
            allowed.append(name)
        except PolicyError as error:
            refused[name] = str(error).removeprefix(f"{name}: ")
    return allowed, refused


@st.cache_data(scope="session", ttl=60, show_spinner=False)
def _of_providers(providers: tuple[str, ...], size: int) -> list[str]:
    """Return the models of these providers that a context of about so many 100,000 tokens fits."""
    here, found = settings.read(), []
    for provider in providers:
        args = cli.parser_of("models").parse_args(["--provider", provider])
        found += [it.price.model for it in listing.listed(args, here, (size + 1) * 100_000)]
    return found
