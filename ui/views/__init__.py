"""One page a file, each with `show()`; the table of them is in ui/app.py."""
