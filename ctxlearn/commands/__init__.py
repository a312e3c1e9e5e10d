"""The table of commands: each is the module of its name here, with `register(parser)` and `run(args) -> exit code`.

A module is imported only when its command is called, and imports what is slow only when it runs.
"""

COMMANDS = {
    "get": "fetch a corpus's sources from where they are published",
    "init": "start a corpus",
    "add": "add a source to a corpus",
    "check": "read everything; counts, problems, leaks, coverage, tokens",
    "pack": "write the context that a model would read",
    "translate": "translate words, sentences or files",
    "evaluate": "translate a held-out test set and score it",
    "score": "score a file of translations against references",
    "runs": "list and show evaluation runs",
    "forget": "delete all of a corpus's traces from the state folder",
    "doctor": "say what works on this machine, and what to do about the rest",
}
