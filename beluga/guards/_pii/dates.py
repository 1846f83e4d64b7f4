"""Dates of birth: a date behind a word that says so."""

from __future__ import annotations

from beluga.guards.patterns import PIIPattern, spellings

__all__ = ["ENGLISH_MONTHS", "MONTHS", "PATTERNS"]

ENGLISH_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
MONTHS = (
    ENGLISH_MONTHS
    # German, Dutch, Scandinavian
    + r"|januar[iy]?|jänner|februar[iy]?|märz|maart|mars|maj|mai|mei|juni|juli|augusti?|augustus"
    r"|okt(?:ober)?|dez(?:ember)?|desember"
    # French, Spanish, Portuguese, Italian
     + r"|janvier|février|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    r"|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    # Polish, Russian, Turkish
     + r"|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"
    r"|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    r"|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık"
)

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:1[89]|20)\d\d"
_DATE = (
    rf"(?i)(?<![\w./-])(?:{_YEAR}(?P<i>[-/.]){_MONTH}(?P=i){_DAY}"
    rf"|{_DAY}(?P<d>[-/.]){_MONTH}(?P=d)(?:{_YEAR}|\d\d)|{_MONTH}(?P<m>[-/.]){_DAY}(?P=m)(?:{_YEAR}|\d\d)"
    rf"|{_DAY}(?:st|nd|rd|th|er|\.|º)?[ -](?:of |de |di |d')?(?:{MONTHS})\.?,?[ -](?:of |de |del |di"
    rf" )?(?:{_YEAR}|\d\d)"
    rf"|(?:{ENGLISH_MONTHS})\.?[ -]{_DAY}(?:st|nd|rd|th)?,?[ -]{_YEAR}"
    rf"|(?:19|20)\d\d年{_MONTH}月{_DAY}日?)(?!\w|[./-]\d)"
)

# In the order of the languages above, then CJK, Arabic and Hindi. The short ones must begin a word.
_LONG = (
    "birth|geboren|geburts|geboorte|fødsels|födelse|synty|naissance|nacimiento|nascimento|nascita|urodz"
    "|рожд|родил"
    "|doğum|γεννη|生年月日|出生|誕生|생년월일|출생|ميلاد|जन्म"
)
_SHORT = "dob|d.o.b|born|geb.|født|född|née|né le|né en|nacido|nacida|nació|nascido|nascida|nato|nata|ur."


_BIRTH = rf"{spellings(_LONG)}|(?<![^\W\d_])(?:{spellings(_SHORT)})(?![^\W\d_])"

PATTERNS = (
    PIIPattern(
        "DATE_OF_BIRTH",
        _DATE,
        context=rf"(?:{_BIRTH})[^\d\n\0]{{0,40}}$",
        needs=f"{spellings(_LONG)}|{spellings(_SHORT)}",
        shape=r"0[-/.]00?[-/.]0|0(?<!000)(?:AA|[.?])?[ -][A?]|A\.?[ -]00?(?!0)|0\?",
        digits=3,
        priority=55,
    ),
)
