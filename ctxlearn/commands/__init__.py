"""The table of commands: each is the module of its name here, with `register(parser)` and `run(args) -> exit code`.

A module is imported only when its command is called, and imports what is slow only when it runs.
"""

COMMANDS = {
    "get": "fetch a corpus's sources from where they are published",
    "init": "start a corpus",
    "add": "add a source to a corpus",
    "split": "hold out some of a source's sentences as a test set, by whole texts",
    "check": "read everything; counts, problems, leaks, coverage, tokens",
    "pack": "write the context that a model would read",
    "translate": "translate words, sentences or files",
    "correct": "say what a sentence should have been; list and accept what others said",
    "evaluate": "translate a held-out test set and score it",
    "score": "score a file of translations against references",
    "compare": "which of two runs is better, by how much, and whether that is more than noise",
    "runs": "list, show, follow, tag, delete and export evaluation runs",
    "jobs": "list, pause, resume, cancel and delete long jobs that the app began",
    "models": "list hosted models: context limit, price for a corpus, and whether there is a key",
    "warm": "let a model read a corpus's context before it is asked",
    "cache": "show or clear what is kept: answers, contexts, and what lies at providers",
    "forget": "delete all of a corpus's traces from the state folder",
    "ui": "open the app in a browser",
    "doctor": "say what works on this machine, and what to do about the rest",
}
