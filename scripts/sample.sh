#!/bin/sh
# What `make run` shows: the bundled sample language translated both ways and scored, with the embedded model.
# PYTHON names the interpreter; the sentences are the first of the held-out test set, so the model has not read them.
set -eu

corpus=tarivel
test=corpora/$corpus/test.tsv
sentences=3

show() {
    printf '\n$ ctxlearn'
    for argument in "$@"; do
        case $argument in *\ *) printf ' "%s"' "$argument" ;; *) printf ' %s' "$argument" ;; esac
    done
    printf '\n'
    "$PYTHON" -m ctxlearn "$@"
}

# column NUMBER: that column of the first sentences, a line each
column() {
    sed 1d "$test" | head -n "$sentences" | cut -f "$1"
}

for way in 2:eng 3:qtv; do
    column "${way%:*}" | {
        set --
        while IFS= read -r sentence; do set -- "$@" "$sentence"; done
        show translate "$corpus" "$@" --to "${way#*:}"
    }
done
show evaluate "$corpus"
