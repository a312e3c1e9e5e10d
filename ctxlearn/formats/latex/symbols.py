"""Symbols: the characters that LaTeX commands stand for, in text, in mathematics and in phonetic type (TIPA)."""

from __future__ import annotations

import unicodedata

ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "textsubring": "\u0325", "textsyllabic": "\u0329", "textroundcap": "\u0311", "t": "\u0361",
    "textsubbridge": "\u032a", "texttildedot": "\u0303", "textsubtilde": "\u0330", "textsubarch": "\u032f",
    "hat": "\u0302", "tilde": "\u0303", "acute": "\u0301", "grave": "\u0300", "check": "\u030c", "breve": "\u0306",
    "ddot": "\u0308", "dot": "\u0307", "bar": "\u0304", "overline": "\u0305", "vec": "\u20d7",
}  # fmt: skip

# Names and characters by turns.
_TABLE = """
ae æ AE Æ oe œ OE Œ aa å AA Å o ø O Ø l ł L Ł ss ß SS ẞ i i j j ng ŋ NG Ŋ dh ð DH Ð th þ TH Þ dj đ DJ Đ ldots …
dots … textellipsis … cdots … vdots … textendash – textemdash — textbackslash \\\\ textasciitilde ~ tld ~
textasciicircum ^ textless < textgreater > textunderscore _ _ _ & & % % # # $ $ { { } } S § P ¶ slash / ob [ cb
] op ( cp ) oa < ca > lbrace { rbrace } lbrack [ rbrack ] textquotesingle ' textquotedbl " textquoteleft ‘
textquoteright ’ textquotedblleft “ textquotedblright ” lq ‘ rq ’ glqq „ grqq “ textdegree ° degree ° textmu µ
pounds £ copyright © textregistered ® texttrademark ™ dag † ddag ‡ textdagger † textbullet • textperiodcentered
· textvisiblespace ␣ checkmark ✓ Checkmark ✓ textcheckmark ✓ XSolidBrush ✗ cmark ✓ xmark ✗ textrightarrow →
textleftarrow ← textuparrow ↑ textdownarrow ↓ LaTeX LaTeX TeX TeX textglotstop ʔ textraiseglotstop ˀ textschwa ə
textepsilon ɛ textopeno ɔ textlengthmark ː textprimstress ˈ textsecstress ˌ textesh ʃ textyogh ʒ textltailn ɲ
textgamma ɣ textbeta β textphi ɸ texttheta θ textchi χ textiota ɩ textturnv ʌ textturna ɐ textscripta ɑ textsci
ɪ textupsilon ʊ textscy ʏ textsca ᴀ textscr ʀ textinvscr ʁ textscn ɴ textscg ɢ textfishhookr ɾ textturnr ɹ
textrtaild ɖ textrtailt ʈ textrtailn ɳ textrtails ʂ textrtailz ʐ textrtaill ɭ textbari ɨ textbaru ʉ textbaro ɵ
textreve ɘ textrevepsilon ɜ textramshorns ɤ textturnm ɯ textctc ɕ textctz ʑ texthth ɦ textcrh ħ textbeltl ɬ
textlyoghlig ɮ texthtb ɓ texthtd ɗ texthtg ɠ textturnh ɥ textturny ʎ textsuperh ʰ glot ʔ schwa ə textsoftsign ь
texthardsign ъ alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda
λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ
Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω rightarrow → to → leftarrow ← gets ← uparrow ↑ downarrow ↓
updownarrow ↕ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔
longrightarrow ⟶ mapsto ↦ rightsquigarrow ⇝ leadsto ⇝ hookrightarrow ↪ Uparrow ⇑ Downarrow ⇓ Longrightarrow ⟹
iff ⟺ implies ⟹ times × div ÷ pm ± mp ∓ cdot · ast * star ⋆ circ ∘ bullet • dagger † ddagger ‡ neq ≠ ne ≠ leq ≤
le ≤ geq ≥ ge ≥ leqslant ≤ geqslant ≥ lt < gt > ll ≪ equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅ propto ∝ infty ∞
emptyset ∅ varnothing ∅ exists ∃ forall ∀ neg ¬ lnot ¬ land ∧ wedge ∧ lor ∨ vee ∨ in ∈ notin ∉ ni ∋ subset ⊂
subseteq ⊆ supset ⊃ cup ∪ cap ∩ setminus ∖ sum ∑ prod ∏ int ∫ surd √ partial ∂ nabla ∇ langle ⟨ rangle ⟩
parallel ∥ lceil ⌈ rceil ⌉ prime ′ therefore ∴ because ∵ top ⊤ bot ⊥ vdash ⊢ oplus ⊕ otimes ⊗ square □ Box □
triangle △ diamond ⋄ blacksquare ■ textbar | obar | mid | vert |
"""
_NAMED = _TABLE.split()

SYMBOLS: dict[str, str] = {
    **dict(zip(_NAMED[::2], _NAMED[1::2], strict=True)),
    **dict.fromkeys((" ", ":", ";", ">", "quad", "qquad", "enspace", "space", "nobreakspace", "thickspace"), " "),
    **dict.fromkeys(("-", "/", ",", "!", "@", "|", "nobreakdash", "thinspace", "negthinspace"), ""),
}

TIPA = str.maketrans('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@:;"', "ɑβɕðɛɸɣɦɪʝʁʎɱŋɔʔʕɾʃθʊʋɯχʏʒʉɨʌɜɥɐɒɤɵɘəːˑˈ")

_SUPERSCRIPTS = dict(zip("0123456789+-=()nhjwylsxi", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿʰʲʷʸˡˢˣⁱ", strict=True))
_SUBSCRIPTS = dict(zip("0123456789+-=()aeoxhklmnpstijruv", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", strict=True))


def accented(accent: str, text: str) -> str:
    """Return `text` with an accent command's mark over its first letter.

    >>> accented("v", "s")
    'š'
    """
    mark = ACCENTS[accent]
    first = text.lstrip()[:1]
    rest = text.lstrip()[1:]
    if not first:
        return {"'": "´", "`": "`", "^": "^", "~": "~", '"': "¨"}.get(accent, "")
    if accent == "t":
        return first + mark + rest
    return unicodedata.normalize("NFC", first + mark) + rest


def superscript(text: str) -> str:
    """Return `text` raised, in Unicode's own characters where it has them, else after `^`.

    >>> superscript("2"), superscript("Q")
    ('²', '^Q')
    """
    raised = [_SUPERSCRIPTS.get(character, "") for character in text]
    return "".join(raised) if all(raised) else "^" + text


def subscript(text: str) -> str:
    """Return `text` lowered, in Unicode's own characters where it has them, else after `_`.

    >>> subscript("i"), subscript("NP")
    ('ᵢ', '_NP')
    """
    lowered = [_SUBSCRIPTS.get(character, "") for character in text]
    return "".join(lowered) if all(lowered) else "_" + text
