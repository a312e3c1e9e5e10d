"""A model file for llama.cpp with random weights and a vocabulary of bytes: quickly made, and really served."""

from __future__ import annotations

import sys

import numpy

BLOCKS, EMBEDDING, HEADS, HIDDEN = 2, 64, 2, 128
SPECIAL = (b"<unk>", b"<s>", b"</s>")


def write(path: str) -> None:
    """Write the file; the same numbers each time."""
    import gguf  # late: only the environment of llama.cpp has it

    random = numpy.random.default_rng(7)
    vocabulary = [
        *SPECIAL,
        *(b"<0x%02X>" % byte for byte in range(256)),
        "▁".encode(),
        *(bytes([it]) for it in range(33, 127)),
    ]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * (len(vocabulary) - 259)
    file = gguf.GGUFWriter(path, "llama")
    file.add_name("random")
    file.add_context_length(1 << 20)
    file.add_embedding_length(EMBEDDING)
    file.add_block_count(BLOCKS)
    file.add_feed_forward_length(HIDDEN)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_rope_dimension_count(EMBEDDING // HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_vocab_size(len(vocabulary))
    file.add_tokenizer_model("llama")
    file.add_token_list(vocabulary)
    file.add_token_scores([0.0] * len(vocabulary))
    file.add_token_types(kinds)
    file.add_unk_token_id(0)
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    for name, shape in _tensors(len(vocabulary)):
        file.add_tensor(name, random.normal(0, 0.05, shape).astype(numpy.float32))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def _tensors(vocabulary: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return the names and shapes of llama's tensors."""
    square, wide = (EMBEDDING, EMBEDDING), (HIDDEN, EMBEDDING)
    block = {"attn_norm": (EMBEDDING,), "attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square}
    block |= {"ffn_norm": (EMBEDDING,), "ffn_gate": wide, "ffn_up": wide, "ffn_down": (EMBEDDING, HIDDEN)}
    names = [(f"blk.{number}.{part}.weight", shape) for number in range(BLOCKS) for part, shape in block.items()]
    table = (vocabulary, EMBEDDING)
    return [("token_embd.weight", table), ("output_norm.weight", (EMBEDDING,)), ("output.weight", table), *names]


if __name__ == "__main__":
    write(sys.argv[1])
