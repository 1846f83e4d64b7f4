"""What is known by the words around it: telephones, if their form does not say so, and dates of birth."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern, initials

__all__ = ["ENGLISH_MONTHS", "MONTHS", "PATTERNS"]


def _spellings(words: str) -> str:
    """Return `words`, which are separated by ``|``, each in lower case, capitalised and in capitals.

    Unlike ``(?i)`` this lets `re` skip by first letters, which is up to thirty times as fast; so each of them
    is there once.
    """
    each = {form for word in words.split("|") for form in (word, word.capitalize(), word.upper())}
    by_first: dict[str, list[str]] = {}
    for form in sorted(each):
        by_first.setdefault(form[0], []).append(re.escape(form[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items())


# Telephones: international and grouped numbers are known by their form.

# The most digits of a number with its country code, where numbers of that country are shorter than 15.
# Source: ITU-T E.164 (15 digits), national numbering plans as listed in E.164 supplement 3.
_MOST_DIGITS = {
    prefix: int(most)
    for most, prefixes in {
        "10": "45 47 65", "11": "1 7 27 31 32 33 34 36 40 41 46 48 60 61 64 66 84 352 852",
        "12": "20 30 44 51 52 57 63 81 82 90 91 92 212 234 254 351 353 380 420 421 886 966 971 972",
    }.items()
    for prefix in prefixes.split()
}  # fmt: skip

# Those of other scripts, and one that ends many a word.
_ANYWHERE = (
    "phone|телефон|тел\\.|моб\\.|звон|τηλ|電話|电话|手机|手機|携帯|连络|전화|핸드폰|휴대폰|هاتف|جوال|फोन|โทร|điện thoại"
)
_OWNERS = "my|our|his|her|their"


# A number without a phone's shape needs a phone's word right before it; the first of these words may stand alone.
_NOUNS = (
    "tel|telephone|mobile|cell ?phone|fax|call|dial|whatsapp|sms|text me|reach me|helpline|hotline"
    "|telefon|telefonnummer|telefonnr|handy|handynummer|mobil|mobilnummer|rufnummer|durchwahl|telefoon|gsm|mobiel|bel|tlf|ring|puhelin|puh|soita"
    "|téléphone|tél|portable|appelez|teléfono|telefono|móvil|movil|celular|fone|zap|llam[ae]|llámame|telefone|telemóvel|ligue"
    "|cellulare|chiam[ai]|mobitel|mob|telefonska številka|broj telefona|nazovite|pokličite|kontakt"
    "|komórka|zadzwoń|numer telefonu|volejte|telefonszám|cep|cep no|telefonu|telefonum|numaram|arayın"
)
_WEAK = "cell|desk|office|landline|signal|pager|contact|emergency|home|work|mobile"
# A number of groups may stand further from its word, and behind more of them.
_WORDS = (
    _NOUNS + "|cell|cellular|called|calling|ring|signal|text|texted|texting|desk|office|landline|pager|extension|reach"
    "|reached|reachable|contact|message to|messages to|registered|emergency|anruf|rufen|soita|appel|joindre|recapito"
)


def _context() -> str:
    (first, whole), (more, anywhere), (others, owners) = map(initials, (_WORDS, _ANYWHERE, _OWNERS))
    own_number = rf"{owners}(?i: (?:[^\W\d_]{{2,16}} )?(?:number|one|no\.?)(?: is)?)"
    words = rf"[{first}{more}{others}](?:(?<![^\W\d_].){whole}(?![^\W\d_])|{anywhere}|(?<!\w.){own_number})"
    return rf"{words}(?:[^\d\n!?]{{0,32}}|[^\d\n]{{0,8}}\n[^\d\n]{{0,8}})$"


_CONTEXT = _context()


def _right_before() -> str:
    (first, nouns), (more, anywhere), (others, owners), (rest, weak) = map(
        initials, (_NOUNS, _ANYWHERE, _OWNERS, _WEAK)
    )
    number = r"(?i:[ _-]?(?:number|numbers|nummer|numéro|número|num|no|nr|#)\b\.?)"
    little = r"(?i:[ ](?:is|was|at|on|to|me|us|him|her|them|back|via|under|unter|al|au|no|na|o|mig|på|ist|est|è|é))"
    own = rf"{owners}(?i: (?:[^\W\d_]{{2,16}} )?(?:number|one|no\.?)(?: is)?)"
    signs = r"[\s:#=.,>\"'(\[|–-]{0,6}$"
    return (
        rf"[{first}{more}{others}{rest}](?:(?:(?<![^\W\d_].){nouns}(?![^\W\d_])|{anywhere})(?:[ ](?i:me|us|him|her))?"
        rf"{number}?{little}{{0,3}}{signs}"
        rf"|(?<!\w.){own}[\s:]{{0,3}}$|(?<!\w.){weak}(?:{number}[\s:=#]{{0,3}}|\s?[:=#]\s?)[\"'(]?$)"
    )


_RIGHT_BEFORE = _right_before()
# The one letter of a signature: `T: 0494 92 82 32 | M: 07700 900123`.
_LABEL = r"(?:^|[\n|,;/•·])[^\w\n]{0,4}(?:[TMFOCDHW][.:)]|[tmpfP]:|(?:[Pp]h|[Mm]ob|[Tt]lf)[.:)])[ \t]{0,3}$"


def _other_number() -> str:
    first, whole = initials(
        "order|invoice|account|acct|ticket|case|tracking|reference|ref|serial|customer|contract|policy|claim|flight"
        "|part|model|sku|isbn|issn|version|build|port|pid|id|zip|postcode|amount|price|total|balance"
        "|passport|licen[cs]e|card|routing|ssn|iban|vat|tax|seed|step|epoch|page|room|box|apt|suite|unit|line"
        "|error|code|commit|token|tokens"
    )
    # A name that ends so says what its number is, and it is not a phone.
    more, ending = initials("ids?|version|counts?|sizes?|index|offset|length|hash|seed|key|num_?rows")
    key = (
        rf"(?:(?<![A-Za-z].)|(?<=[a-z0-9][A-Z])){ending}[\"'\])]{{0,2}}[ ]{{0,2}}[:=]{{1,2}}[ ]{{0,2}}[\"'(\[]{{0,2}}\Z"
    )
    return (
        rf"[#$€£{first}{more}](?:{key}|(?:(?<=[#$€£])|(?<!\w.){whole}\b)"
        r"(?:(?!(?i:phone|tel|fax|mobile|call))[^\d\n\0,;]){0,16}\Z)"
    )


_OTHER_NUMBER = _other_number()
_EXTENSION = r"(?:x\d{1,5}|[ ]ext\.[ ]?\d{1,5})?"
_END = r"(?![\w:]|[./-]\d)"
_GLUED = r"(?<=phone)|(?<=Phone)|(?<=[tT]el)|(?<=[fF]ax)|(?<=obile)"
_NUMBER = rf"(?<![\w.+:/-])\(?\d(?:[ ./()-]{{0,2}}\d){{6,14}}{_EXTENSION}{_END}"
_GROUPED = rf"(?<![\w.+:/-])(?=\(?\d{{0,6}}[ ./()-])\(?\d(?:[ ./()-]{{0,2}}\d){{6,14}}{_EXTENSION}{_END}"
_BARE = (
    r"(?<![\w.+/-])"
    r"(?:\d{7,15}|\d{1,3}(?:[ .]\d{3}){2,4})"
    + _EXTENSION
    + r"(?![\w:]|[./-]\d|[ ](?i:times|[nmu]s|s|secs?|seconds|bytes|[kmg]i?b|characters|chars|tokens"
    r"|frames|units|users|people|rows|lines|items|requests|calls)\b)"
)
_DATE = re.compile(
    r"(?:1[89]|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d\d(?!\d|\2)"
)
_DECIMAL = re.compile(r"\d+\.\d+$")


_NO_DIGITS = str.maketrans("", "", " ./()-+")
_CUT = re.compile(r"(?<=\d)[ ./()-]+")


def _number(text: str) -> str:
    """Return `text` without its extension."""
    return text.partition("x")[0].partition(" e")[0]


def _digits(number: str) -> str:
    return number.translate(_NO_DIGITS)


def _international(text: str) -> int:
    """Cut off the groups that are more than a number of its country has."""
    digits = _digits(_number(text).replace("(0)", ""))
    most = _MOST_DIGITS.get(digits[:1]) or _MOST_DIGITS.get(digits[:2]) or _MOST_DIGITS.get(digits[:3], 15)
    if digits.startswith("0") or len(digits) < 8:
        return 0
    if len(digits) <= most:
        return len(text)
    for cut in reversed(list(_CUT.finditer(text))):
        kept = text[: cut.start()]
        if len(_digits(kept.replace("(0)", ""))) <= most:
            return cut.start() if len(_digits(kept)) >= 8 else len(text)
    return len(text)


def _local(text: str) -> int:
    """Turn down dates and decimals, and what has too few or too many digits."""
    if _DATE.match(text) or _DECIMAL.match(text):
        return 0
    number = _number(text)
    if number.count("(") != number.count(")"):
        return 0
    return len(text) if 7 <= len(_digits(number)) <= 15 else 0


def _grouped(text: str) -> int:
    """Turn down what `_local` does, what has no groups, and numbers in thousands."""
    return -1 if text.isdigit() or _THOUSANDS.fullmatch(text) else _local(text)


def _bare(text: str) -> int:
    """Turn down round numbers."""
    return -1 if _number(text).endswith("00000") else _local(text)


_THOUSANDS = re.compile(r"\d{1,2}(?:[ .]\d{3}){2,4}|\d{3}(?:[ .]\d{3}){0,3}(?:[ .]000)+|\d{3}(?:[ .]\d{3}){3,4}")


def _trunk(text: str) -> int:
    """Accept nine to eleven digits behind a trunk prefix 0, and nothing that has the shape of an SSN."""
    size = len(_digits(text))
    if size == 9:
        return 0 if text.startswith("00") or (text[3:4] == "-" and text[6:7] == "-") else len(text)
    return len(text) if size in {10, 11} else 0


def _dialled(text: str) -> int:
    """Accept what `_international` does, behind the prefix 00."""
    cut = _international("+" + text.lstrip("(")[2:].lstrip(" ./-"))
    return len(text) if cut and 10 <= len(_digits(_number(text))) <= 17 else 0


_PHONES = (
    PIIPattern(
        "PHONE",
        rf"(?:(?<![\w+])|{_GLUED})\(?\+\(?\d(?:[ ./()-]{{0,2}}\d){{6,15}}{_EXTENSION}(?!\w)",
        check=_international,
        shape=r"\+",
        digits=8,
        priority=60,
    ),
    PIIPattern(
        "PHONE",
        r"(?<![\w.+/-])"
        r"(?:(?:1[ .-]|\d{1,3}-)?\([2-9]\d{2}\)(?:[ .-]{0,2}\d{3}[ .-]\d{4}|\d{7})|(?:1[ .-]|\d{1,3}-|\d\d[ ])?"
        r"[2-9]\d{2}(?P<sep>[ .]|--?| - )\d{3}(?P=sep)\n?\d{4})" + _EXTENSION + r"(?!\w|[.-]\d)",
        unless=_OTHER_NUMBER,
        shape=r"000(?:[ .-]|--| - |-\n)0000|\(000\)",
        digits=10,
        priority=61,
    ),
    PIIPattern(
        "PHONE",
        r"0(?<![\w.+/-]0)(?<![0-9a-f]{2} [0-9a-f]{2} 0)\d{1,4}(?P<sep>[ ./-])"
        r"(?:\d{2,4}(?:(?P=sep)\d{2,4}){1,3}|\d{3,4}-\d{3,4}|\d{6,8})"
        r"(?!(?P=sep)[0-9A-Fa-f]{2}(?![^\W_]))" + _END,
        check=_trunk,
        unless=_OTHER_NUMBER,
        digits=9,
        priority=62,
    ),
    # Area codes in brackets: (020) 7946 0958, (01632) 960001, (0) 20 7946 0958, and those of Brazil, (11) 91234-5678.
    PIIPattern(
        "PHONE",
        r"(?<![\w.+/)-])(?:0?\(0?\d{2,5}\)|\(0\)[ ]?\d{2,4})[ -]?(?:9[ ]?)?\d{3,8}(?:[ -]\d{2,4}){0,3}" + _END,
        check=_trunk,
        unless=_OTHER_NUMBER,
        shape=r"\(00?0?0?0?\)",
        digits=9,
        priority=63,
    ),
    PIIPattern(
        "PHONE",
        r"(?<![\w.+:/-])(?<![0-9a-f]{2} [0-9a-f]{2} )(?:00|\(00\)|011[ -])[ ./-]?[1-9](?:[ ./()-]{0,2}\d){8,14}"
        + _EXTENSION
        + _END,
        check=_dialled,
        unless=_OTHER_NUMBER,
        shape="0{6}|00[ (./-]",
        digits=11,
        priority=64,
    ),
    PIIPattern("PHONE", _GROUPED, check=_grouped, context=_CONTEXT, unless=_OTHER_NUMBER, digits=7, priority=65),
    PIIPattern(
        "PHONE",
        _BARE,
        check=_bare,
        context=_RIGHT_BEFORE,
        unless=_OTHER_NUMBER,
        shape=r"0{7}|0[ .]000[ .]000",
        digits=7,
        priority=66,
    ),
    PIIPattern(
        "PHONE",
        _NUMBER + r"(?=(?i:-|[ ]\(|[ ])(?i:office|fax|mobile|cell|home|desk|phone)\b)",
        check=_local,
        unless=_OTHER_NUMBER,
        shape=r"0(?:-| \(?)AAA",
        digits=7,
        priority=67,
    ),
    PIIPattern(
        "PHONE",
        _NUMBER,
        check=_local,
        context=_LABEL,
        unless=_OTHER_NUMBER,
        needs=r"[TMFOCDHWPhbftmp][.:)][ \t]{0,3}\(?\d",
        digits=7,
        priority=68,
    ),
    PIIPattern(
        "PHONE",
        rf"(?:{_GLUED})[.:]?(?P<value>\(?\d(?:[ ./()-]{{0,2}}\d){{6,14}}){_END}",
        check=_local,
        shape=r"AAA[.:]?\(?0[0.-]",
        digits=7,
        priority=69,
    ),
    # Links of messengers.
    PIIPattern(
        "PHONE",
        r"(?i)(?:wa\.me/|[?&](?:phone|number)=|\b(?:tel|sms|callto|facetime|viber|whatsapp):(?://)?|signal\.me/#p/|t\.me/)"
        r"(?P<value>(?:\+|%2B|00)?\d{7,15})(?!\w)",
        shape="[/=:+A]0{6}",
        digits=7,
        priority=59,
    ),
)

# Dates of birth: a date behind a word that says so.
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
_BEGIN, _OVER = r"(?i)(?<![\w./-])", r"(?!(?!T\d\d:)\w|[./-]\d)"
_WRITTEN_DATE = (
    rf"(?:{_YEAR}(?P<i>[-/.]){_MONTH}(?P=i){_DAY}"
    rf"|{_DAY}(?P<d>[-/.]){_MONTH}(?P=d)(?:{_YEAR}|\d\d)|{_MONTH}(?P<m>[-/.]){_DAY}(?P=m)(?:{_YEAR}|\d\d)"
    rf"|{_DAY}(?:st|nd|rd|th|er|\.|º)?[ -](?:of |de |di |d')?(?:{MONTHS})\.?,?[ -](?:of |de |del |di"
    rf" )?(?:{_YEAR}|'?\d\d)"
    rf"|(?:{ENGLISH_MONTHS})\.?[ -]{_DAY}(?:st|nd|rd|th)?,?[ -](?:{_YEAR}|'\d\d)"
    rf"|(?:19|20)\d\d年{_MONTH}月{_DAY}日?)"
)
# Right behind its key a date may be written in any way, down to its year.
_ANY_DATE = (
    rf"(?:{_YEAR}{_MONTH}{_DAY}|(?:{_DAY}[.]?[ ]{_MONTH}|{_MONTH}[ ]{_DAY})[.]?[ ]{_YEAR}|{_DAY}{_MONTH}{_YEAR}"
    rf"|{_MONTH}{_DAY}{_YEAR}"
    rf"|{_YEAR}[ -](?:{MONTHS})[ -]{_DAY}|{_DAY}(?:{ENGLISH_MONTHS})(?:{_YEAR}|\d\d)"
    rf"|(?:{MONTHS})\.?,?[ -]{_YEAR}|{_MONTH}[/.-]{_YEAR}"
    rf"|{_DAY}(?:\.|st|nd|rd|th)?[ ](?:{MONTHS})|(?:{ENGLISH_MONTHS})[ ]{_DAY}(?:st|nd|rd|th)?|{_YEAR})"
)

# In the order of the languages above, then CJK, Arabic and Hindi. The short ones must begin a word.
_LONG = (
    "birth|geboren|geburts|geboorte|fødsels|födelse|synty|naissance|nacimiento|nascimento|nascita|urodz"
    "|рожд|родил"
    "|doğum|γεννη|生年月日|出生|誕生|생년월일|출생|ميلاد|जन्म"
)
_SHORT = "dob|d.o.b|born|geb.|født|född|née|né le|né en|nacido|nacida|nació|nascido|nascida|nato|nata|ur."


_BIRTH = rf"{_spellings(_LONG)}|(?<![^\W\d_])(?:{_spellings(_SHORT)})(?![^\W\d_])"

_DATES = (
    PIIPattern(
        "DATE_OF_BIRTH",
        f"{_BEGIN}{_WRITTEN_DATE}{_OVER}",
        context=rf"(?:{_BIRTH})[^\d\n\0]{{0,40}}$",
        needs=f"{_spellings(_LONG)}|{_spellings(_SHORT)}",
        shape=r"0[-/.]00?[-/.]0|0(?<!000)(?:AA|[.?])?[ -][A?]|A\.?[ -]00?(?!0)|0\?",
        digits=3,
        priority=55,
    ),
    PIIPattern(
        "DATE_OF_BIRTH",
        f"{_BEGIN}{_ANY_DATE}{_OVER}",
        context=rf"(?:{_BIRTH})[\w ]{{0,12}}[\"')\]]{{0,2}}[ ]{{0,2}}"
        rf"(?:[:=>|,][\s\"'(]{{0,3}}|[ ])(?i:(?:on|in|the|am|le|el|is|was)[ ]){{0,2}}\Z",
        needs=f"{_spellings(_LONG)}|{_spellings(_SHORT)}",
        digits=1,
        priority=56,
    ),
    PIIPattern(
        "DATE_OF_BIRTH",
        rf"{_BEGIN}{_WRITTEN_DATE}(?=[ ,]{{0,2}}[(\"']?(?:{_BIRTH}))",
        needs=f"{_spellings(_LONG)}|{_spellings(_SHORT)}",
        shape=r"0[\W_]{1,3}[A?]",
        digits=3,
        priority=54,
    ),
)

PATTERNS = (*_PHONES, *_DATES)
