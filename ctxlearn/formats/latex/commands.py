"""Commands: what is known of the commands that need no code of their own, as tables."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """Return the blank-separated names in `text`."""
    return frozenset(text.split())


# Arguments that go with the command, in order: `m` one in braces, `o` one in square brackets if there.
DROPPED = {
    name: spec
    for spec, listed in {
        "m": "is il ia iaa is* index sindex lindex hspace vspace addvspace phantom hphantom vphantom cellcolor "
        "rowcolor columncolor arrayrulecolor color pagestyle thispagestyle bibliography bibliographystyle "
        "addbibresource graphicspath usetikzlibrary hyphenation arabic roman Roman alph Alph stepcounter "
        "value newcounter cline currentpdfbookmark selectlanguage vskip missingfigure fontsize counterwithout "
        "extract noop lehead lohead rehead rohead chead ihead ohead sectionmark chaptermark markright exewidth total "
        "setmainfont setsansfont pdfbookmark include input includeonly BackBody BookDOI ISBNdigital ISBNhardcover "
        "proofreader typesetter title subtitle author date lsImpressumExtra dedication backtitle papernote "
        "tikzset pgfplotsset forestset qtreecenterfalse nocite linespread addfontfeature "
        "setlist captionsetup enlargethispage glossarymark tikzexternalize enotesize",
        "mm": "setcounter addtocounter setlength addtolength markboth newtheorem settowidth counterwithin "
        "addtocontents setexsep setkeys DeclareUnicodeCharacter SetCounter resetcounters",
        "mmm": "addcontentsline definecolor titleformat ADD MULTIPLY SUBTRACT",
        "om": "includegraphics usepackage documentclass RequirePackage cmidrule todo printbibliography "
        "documentstyle printindex setfontfamily SetupTableRow qtreeset",
        "omm": "rule",
        "o": "largerpage linebreak pagebreak nopagebreak nolinebreak printindex printbibliography bcfontstyle hline "
        "toprule midrule bottomrule lsptoprule lspbottomrule tablevspace smallskip medskip bigskip newpage",
    }.items()
    for name in listed.split()
}

# Arguments dropped before the one that is kept: `\\href{url}{text}`.
KEPT_AFTER = {
    name: spec
    for spec, listed in {
        "m": "href textcolor colorbox scalebox rotatebox foreignlanguage hyperlink hypertarget fontspec "
        "adjustbox resizebox* tooltip textlang setfont",
        "om": "parbox raisebox",
        "mm": "resizebox multirow fcolorbox rowcolors",
        "oo": "makebox framebox subfigure subfloat hyperref item",
    }.items()
    for name in listed.split()
}

# Nothing to print, or an argument kept as it stands: known, so not worth a remark.
SILENT = names(
    """text textnormal textrm textsf texttt textup textmd textlf textlining mbox hbox fbox vbox ili isi tiny
    scriptsize footnotesize small normalsize large Large LARGE huge Huge upshape normalfont mdseries rmfamily
    sffamily ttfamily noindent indent par centering raggedright raggedleft sloppy fussy clearpage cleardoublepage
    newpage pagebreak protect relax null strut iai hfill hfil vfill hline toprule midrule bottomrule lsptoprule
    lspbottomrule endhead endfirsthead endfoot endlastfoot textwidth linewidth columnwidth textheight baselineskip
    parindent parskip tabcolsep unskip ignorespaces leavevmode allowbreak nobreak displaystyle textstyle
    scriptstyle left right big Big bigg Bigg fittable centerline mathrm mathit mathbf mathsf mathtt mathcal
    ensuremath operatorname boldsymbol phantomsection frontmatter mainmatter backmatter appendix maketitle
    tableofcontents makeatletter makeatother linenumbers nolinenumbers bfseries itshape scshape slshape em it bf
    sc rm sf tt sl llap rlap smash underline uline uuline sout dotuline underbar textquote makeindex exfont
    footexindent vernacular xspace begingroup endgroup bgroup egroup nonfrenchspacing frenchspacing doublespacing
    onehalfspacing singlespacing hskip onecolumn twocolumn textstyle limits nolimits break cr tabularnewline kill glt
    trans gll glll lsAbbreviationsTitle sqrt ExplSyntaxOff url path nolinkurl textls lsptoprule raggedbottom selectfont
    textipa spacebr fillspacing attop atcenter jambox appendixsection addlines medmuskip shorthandoff tabto textln
    textquotedbl glossfont glossglosses english other"""
)

ITALIC = names("textit emph textsl textem")
BOLD = frozenset(("textbf", "strong"))
SMALL_CAPS = frozenset(("textsc", "textscc", "gsc", "tsc"))
ITALIC_SWITCH = names("itshape it em slshape sl")
BOLD_SWITCH = names("bfseries bf")
SMALL_CAPS_SWITCH = names("scshape sc")
ROMAN_SWITCH = names("upshape normalfont rm rmfamily mdseries")

FOOTNOTES = frozenset(("footnote", "footnotetext", "endnote", "tablefootnote", "thanks", "sidenote", "marginpar"))
DRAWINGS = names("""forest tikzpicture tikzcd picture bchart pspicture dependency wrapfigure avm axis asy""")
DRAWING_COMMANDS = frozenset(("includegraphics", "Tree", "tikz", "Forest", "includepdf", "includesvg", "epsfig"))
TABLES = names("""tabular tabularx tabulary longtable tabbing supertabular xltabular tabu array longtabu""")
FLOATS = names("""table sidewaystable figure sidewaysfigure wraptable wrapfigure floatrow SCtable SCfigure""")
LISTS = names("itemize enumerate description compactitem compactenum paralist inparaenum list")
# Environments that only set what is in them differently, and those of them that take arguments.
SETTING = names(
    """center minipage tiny scriptsize footnotesize small normalsize large adjustbox subfigure flushleft flushright
    threeparttable spacing framed"""
)
SETTING_WITH_ARGUMENTS = frozenset(("minipage", "adjustbox", "subfigure", "spacing"))
MATH = names("equation align gather displaymath math eqnarray multline alignat flalign")

# How each reference command is printed; see references.
REFERENCES = {
    "ref": "number", "getref": "number", "getfullref": "number", "exref": "paren", "subref": "number", "eqref": "paren",
    "REF": "paren", "xref": "paren", "nextref": "paren", "vref": "number", "ref*": "number", "refl": "number",
    "Cref": "auto", "cref": "auto", "autoref": "auto", "Autoref": "auto", "fullref": "auto", "vpageref": "auto",
    "labelcref": "number", "sectref": "section", "secref": "section", "sectrefl": "section", "Sectref": "section",
    "tabref": "table", "Tabref": "table", "figref": "figure", "Figref": "figure", "chapref": "chapter",
    "chapterref": "chapter", "partref": "number", "pageref": "page", "nameref": "title", "Nameref": "title",
    "appref": "appendix", "xlistref": "paren", "appendixref": "appendix", "thref": "number",
}  # fmt: skip

# How each citation command is printed; see bibliography.
CITATIONS = {
    "cite": "plain", "citealt": "plain", "citealp": "plain", "cites": "plain", "fullcite": "plain",
    "citet": "text", "textcite": "text", "textcites": "text", "Textcite": "text", "Citet": "text", "citegen": "text",
    "citep": "paren", "parencite": "paren", "parencites": "paren", "autocite": "paren", "Citep": "paren",
    "footcite": "paren", "citeauthor": "author", "Citeauthor": "author", "citeyear": "year", "citeyearpar": "year",
    "citetv": "text", "citealtv": "plain", "citepos": "text", "posscitet": "text", "citew": "plain",
}  # fmt: skip
