"""Every error raised on purpose; the command line and the pages catch CtxlearnError, and only it.

CtxlearnError                    exit code 1
  UsageError                     2  asked for something that there is not: a corpus, a direction, a test set
  CorpusError                    1  the data are not what they claim to be
    FormatError                  1  a file breaks the rules of its format: file, line, text, caret
    LeakError                    4  a held-out sentence still stands in the context
  FetchError                     1  a file could not be fetched whole from its origin
  ThresholdError                 4  a check or a threshold failed
  BudgetError                    1  the context does not fit the model
  PolicyError                    6  a source may not leave this machine, or not be kept
  ModelError                     1  a model could not do what was asked
    KeyMissing                   1  no key, or one that the provider does not take
    Overloaded                   1  the provider cannot now; ask again
    Refused                      1  the provider will not, however often it is asked
  AnswerError                    1  a completion without a translation in it
  CapReached                     5  the next request would pass the spending cap
  SettingsError                  2  a setting that cannot be used
  StoreError                     1  the state folder cannot be read or written

A message says where, what was found and what was expected, and what to do.
"""

from __future__ import annotations


class CtxlearnError(Exception):
    """An error raised on purpose; its text is all that a person needs to see."""

    exit_code = 1


class UsageError(CtxlearnError):
    """Something was asked for that there is not."""

    exit_code = 2


class CorpusError(CtxlearnError):
    """The data are not what they claim to be."""


class FormatError(CorpusError):
    """A file breaks the rules of its format.

    The text is laid out for a terminal: `file:line: message`, the line, and a caret under the column
    (columns count from 0). Lines count from 1; without a line only the file is named.
    """

    def __init__(self, message: str, *, path: object, line: int | None = None, text: str = "", column: int = 0) -> None:
        self.path = str(path)
        self.line = line
        where = f"{path}:{line}" if line is not None else str(path)
        shown = f"{where}: {message}"
        if text:
            # A window of the line, so that a line of a megabyte stays readable.
            start = max(0, column - 60)
            window = text[start : start + 100].replace("\t", " ").rstrip("\r\n")
            shown += f"\n    {window}\n    {' ' * (column - start)}^"
        super().__init__(shown)


class LeakError(CorpusError):
    """A held-out sentence still stands in the context."""

    exit_code = 4


class FetchError(CtxlearnError):
    """A file could not be fetched whole from its origin."""


class ThresholdError(CtxlearnError):
    """A check or a threshold failed."""

    exit_code = 4


class BudgetError(CtxlearnError):
    """The context does not fit the model."""


class PolicyError(CtxlearnError):
    """A source may not leave this machine, or not be kept where it would go."""

    exit_code = 6


class ModelError(CtxlearnError):
    """A model could not do what was asked."""


class KeyMissing(ModelError):  # noqa: N818 - says what happened, as its kin do
    """No key, or one that the provider does not take."""


class Overloaded(ModelError):  # noqa: N818 - says what happened, as its kin do
    """The provider cannot now: busy, over a rate limit, too slow, or gone; ask again.

    `retry_after` is how many seconds later, if it said. When it was `charged`, it had taken the request and may have
    answered it, though no whole answer came back.
    """

    def __init__(self, message: str, retry_after: float | None = None, *, charged: bool = False) -> None:
        self.retry_after = retry_after
        self.charged = charged
        super().__init__(message)


class Refused(ModelError):  # noqa: N818 - says what happened, as its kin do
    """The provider will not do it, however often it is asked."""


class AnswerError(CtxlearnError):
    """A completion without a translation in it."""


class CapReached(CtxlearnError):  # noqa: N818 - says what happened, as its kin do
    """The next request would pass the spending cap."""

    exit_code = 5


class SettingsError(CtxlearnError):
    """A setting that cannot be used."""

    exit_code = 2


class StoreError(CtxlearnError):
    """The state folder cannot be read or written."""
