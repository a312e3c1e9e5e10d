"""Commands: what is known of the commands that need no code of their own, as tables."""

from __future__ import annotations

# Arguments that go with the command, in order: `m` one in braces, `o` one in square brackets if there.
DROPPED = {
    name: spec
    for spec, names in {
        "m": "is il ia iaa is* index sindex lindex hspace vspace addvspace phantom hphantom vphantom cellcolor rowcolor "
        "columncolor arrayrulecolor color pagestyle thispagestyle bibliography bibliographystyle addbibresource "
        "graphicspath usetikzlibrary hyphenation arabic roman Roman alph Alph stepcounter refstepcounter value newcounter "
        "cline currentpdfbookmark selectlanguage vskip todo missingfigure fontsize counterwithout extract noop "
        "lehead lohead rehead rohead chead ihead ohead sectionmark chaptermark markright exewidth total ExplSyntaxOn "
        "setmainfont setsansfont pdfbookmark include input includeonly BackBody BookDOI ISBNdigital ISBNhardcover "
        "proofreader typesetter title subtitle author date lsImpressumExtra dedication backtitle papernote "
        "definecolor@ tikzset pgfplotsset forestset qtreecenterfalse nocite linespread addfontfeature "
        "setlist captionsetup enlargethispage glossarymark tikzexternalize enotesize",
        "mm": "setcounter addtocounter setlength addtolength markboth newtheorem settowidth counterwithin "
        "addtocontents setexsep setkeys DeclareUnicodeCharacter SetCounter resetcounters",
        "mmm": "addcontentsline definecolor titleformat ADD MULTIPLY SUBTRACT",
        "om": "includegraphics usepackage documentclass RequirePackage cmidrule todo printbibliography "
        "linebreak@ documentstyle printindex setfontfamily SetupTableRow qtreeset",
        "omm": "rule",
        "o": "largerpage linebreak pagebreak nopagebreak nolinebreak printindex printbibliography bcfontstyle hline "
        "toprule midrule bottomrule lsptoprule lspbottomrule tablevspace smallskip medskip bigskip newpage",
    }.items()
    for name in names.split()
}

# Arguments dropped before the one that is kept: `\\href{url}{text}`.
KEPT_AFTER = {
    name: spec
    for spec, names in {
        "m": "href textcolor colorbox scalebox rotatebox foreignlanguage hyperlink hypertarget raisebox fontspec adjustbox "
        "bgroup@ resizebox* tooltip textlang setfont",
        "om": "parbox raisebox",
        "mm": "resizebox multirow fcolorbox rowcolors",
        "oo": "makebox framebox subfigure subfloat hyperref item",
    }.items()
    for name in names.split()
}

# Nothing to print, or an argument kept as it stands: known, so not worth a remark.
SILENT = frozenset(
    """text textnormal textrm textsf texttt textup textmd textlf textlining mbox hbox fbox vbox ili isi tiny
    scriptsize footnotesize small normalsize large Large LARGE huge Huge upshape normalfont mdseries rmfamily sffamily
    ttfamily noindent indent par centering raggedright raggedleft sloppy fussy clearpage cleardoublepage newpage
    pagebreak protect relax null strut iai hfill hfil vfill hline toprule midrule bottomrule lsptoprule lspbottomrule endhead
    endfirsthead endfoot endlastfoot textwidth linewidth columnwidth textheight baselineskip parindent parskip tabcolsep
    unskip ignorespaces leavevmode allowbreak nobreak displaystyle textstyle scriptstyle left right big Big bigg Bigg fittable
    centerline mathrm mathit mathbf mathsf mathtt mathcal ensuremath operatorname boldsymbol phantomsection frontmatter
    mainmatter backmatter appendix maketitle tableofcontents makeatletter makeatother linenumbers nolinenumbers bfseries
    itshape scshape slshape em it bf sc rm sf tt sl llap rlap smash underline uline uuline sout dotuline underbar textquote
    makeindex exfont footexindent vernacular xspace begingroup endgroup bgroup egroup nonfrenchspacing frenchspacing
    doublespacing onehalfspacing singlespacing hskip onecolumn twocolumn textstyle limits nolimits break cr tabularnewline
    gll glll lsAbbreviationsTitle sqrt ExplSyntaxOff url path nolinkurl textls lsptoprule raggedbottom selectfont
    textipa spacebr fillspacing attop atcenter jambox appendixsection addlines medmuskip shorthandoff tabto textln
    textquotedbl glossfont glossglosses english other""".split()
)

ITALIC = frozenset("textit emph textsl textem".split())
BOLD = frozenset(("textbf", "strong"))
SMALL_CAPS = frozenset(("textsc", "textscc", "gsc", "tsc"))
ITALIC_SWITCH = frozenset("itshape it em slshape sl".split())
BOLD_SWITCH = frozenset("bfseries bf".split())
SMALL_CAPS_SWITCH = frozenset("scshape sc".split())
ROMAN_SWITCH = frozenset("upshape normalfont rm rmfamily mdseries".split())

FOOTNOTES = frozenset(("footnote", "footnotetext", "endnote", "tablefootnote", "thanks", "sidenote", "marginpar"))
DRAWINGS = frozenset("forest tikzpicture tikzcd picture bchart pspicture dependency wrapfigure avm axis asy".split())
DRAWING_COMMANDS = frozenset(("includegraphics", "Tree", "tikz", "Forest", "includepdf", "includesvg", "epsfig"))
TABLES = frozenset("tabular tabularx tabulary longtable tabbing supertabular xltabular tabu array longtabu".split())
FLOATS = frozenset("table sidewaystable figure sidewaysfigure wraptable wrapfigure floatrow SCtable SCfigure".split())
LISTS = frozenset("itemize enumerate description compactitem compactenum paralist inparaenum list".split())
MATH = frozenset("equation align gather displaymath math eqnarray multline alignat flalign".split())

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
    "cite": "plain", "citealt": "plain", "citealp": "plain", "cites": "plain", "fullcite": "plain", "textcitealt": "plain",
    "citet": "text", "textcite": "text", "textcites": "text", "Textcite": "text", "Citet": "text", "citegen": "text",
    "citep": "paren", "parencite": "paren", "parencites": "paren", "autocite": "paren", "Citep": "paren",
    "footcite": "paren", "citeauthor": "author", "Citeauthor": "author", "citeyear": "year", "citeyearpar": "year",
    "citetv": "text", "citealtv": "plain", "citepos": "text", "posscitet": "text", "citew": "plain", "citetitle": "plain",
}  # fmt: skip
