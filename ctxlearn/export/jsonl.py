"""JSON Lines: an object a segment, for programs. The fields are described in docs/runs.md.

pandas: `read_json(FILE, lines=True)`; inspect: `json_dataset(FILE, FieldSpec(input="source", target="references"))`;
sacrebleu: `jq -r .hypothesis FILE | sacrebleu REFERENCES`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ctxlearn.export.base import Exported, Written
from ctxlearn.export.rows import OF_RUN, of_run
from ctxlearn.runs import RunSegment

# Line ends to some readers, and nothing special in JSON: written as escapes.
_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\u0085\u2028\u2029"}


def write(items: Sequence[Exported]) -> Written:
    """Return the segments of the runs, run after run."""
    lines = (json.dumps(_object(it, each), ensure_ascii=False).translate(_ENDS) for it in items for each in it.segments)
    return Written("".join(f"{line}\n" for line in lines).encode())


def _object(it: Exported, segment: RunSegment) -> dict[str, object]:
    same = dict(zip(OF_RUN, of_run(it), strict=True)) | {"tags": list(it.run.tags)}
    return {
        "id": segment.id,
        "source": segment.source,
        "references": list(segment.references),
        "hypothesis": segment.hypothesis,
        "position": segment.position,
        "scores": it.scores(segment),
        "problem": asdict(segment.problem) if segment.problem else None,
        "confidence": segment.confidence,
        "alternatives": [asdict(each) for each in segment.alternatives],
        "answered_by": segment.model or None,
        "attempts": segment.attempts,
        "usage": asdict(segment.usage) if segment.usage else None,
        "coverage": segment.coverage,
        **same,
    }
