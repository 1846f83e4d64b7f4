"""Numbers that states give to people and firms: one row each, found by form and words around, and by check digits.

The check digits come from python-stdnum, which knows hundreds of such numbers and is kept by people who read the laws;
forms and words are ours. Some numbers are known by their form alone, all of them behind a word that names them.
"""

from __future__ import annotations

import functools
import importlib
import re
from typing import TYPE_CHECKING, Any

import attrs

from beluga._types.problems import nearest
from beluga.guards.patterns import PIIPattern, initials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LETTERS_FIRST", "NUMBERS", "NationalNumber", "national_patterns"]


@attrs.frozen
class NationalNumber:
    """One kind of number.

    Args:
        kind: Its name, which begins with the country's code.
        form: A regular expression for it, behind one of its words.
        words: Regular expressions for those words, each of which begins with a plain letter, separated by ``|``.
        source: Who says how it is made up.
        module: The module of ``stdnum`` that checks it; empty where it has no check digit.
        alone: A regular expression for the forms that need no word; empty where there are none.
    """

    kind: str
    form: str
    words: str
    source: str
    module: str = ""
    alone: str = ""

    @property
    def country(self) -> str:
        """The country's code, as ISO 3166 has it."""
        return self.kind[:2]

    def is_valid(self, text: str) -> bool:
        """Say whether the check digits of `text`, which has the right form, are right."""
        return not self.module or bool(_stdnum(self.module).is_valid(text))


_YYMMDD = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_DDMMYY = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"

NUMBERS = (
    NationalNumber("US_ITIN", r"9\d\d[ -]?[5-9]\d[ -]?\d{4}", "itin|individual taxpayer|tax ?payer id|tax id", "IRS Publication 1915", "us.itin", r"9\d\d-[5-9]\d-\d{4}"),
    NationalNumber("CA_SIN", r"\d{3}[ -]?\d{3}[ -]?\d{3}", "sin|social insurance|nas|assurance sociale", "Service Canada, Social Insurance Number", "ca.sin"),
    NationalNumber("GB_NINO", r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", "national insurance|ni ?no|ni ?number|ni ?nr|nino", "HMRC NIM39110",
                   alone=r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]"),
    NationalNumber("GB_NHS", r"[2-9]\d\d[ -]?\d{3}[ -]?\d{4}", "nhs|chi number|health and care", "NHS Data Model and Dictionary, NHS NUMBER", "gb.nhs"),
    NationalNumber("IE_PPS", r"\d{7}[A-W][A-IW]?", "pps|ppsn|personal public service|rsi", "Department of Social Protection, PPS number", "ie.pps"),
    NationalNumber("DE_TAX_ID", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", "steuer-?id|idnr|steuerliche identifikationsnummer|steueridentifikationsnummer|identifikationsnummer|tax id|tin", "Bundeszentralamt für Steuern, § 139b AO", "de.idnr"),
    NationalNumber("FR_NIR", r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", "nir|numéro de sécurité sociale|numéro de sécu|sécurité sociale|insee|n° de sécurité|numéro sécu", "INSEE, numéro d'inscription au répertoire", "fr.nir",
                   r"[12] \d\d (?:0[1-9]|1[0-2]|[2-9]\d) (?:\d\d|2[AB]) \d{3} \d{3} \d\d|[12]\d\d(?:0[1-9]|1[0-2])(?:\d\d|2[AB])\d{8}"),
    NationalNumber("ES_DNI", r"\d{8}[ -]?(?i:[A-HJ-NP-TV-Z])|\d\d\.\d{3}\.\d{3}[ -]?[A-HJ-NP-TV-Z]", "dni|nif|documento nacional|identidad", "Real Decreto 1553/2005", "es.dni", r"\d{8}-?[A-HJ-NP-TV-Z]"),
    NationalNumber("ES_NIE", r"(?i:[XYZ]-?\d{7}[ -]?[A-HJ-NP-TV-Z])|[XYZ] \d{7}[ -]?[A-HJ-NP-TV-Z]", "nie|número de identidad de extranjero|extranjero", "Real Decreto 557/2011", "es.nie", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]"),
    NationalNumber("IT_CODICE_FISCALE", r"(?i:[A-Z]{6}\d\d[A-EHLMPR-T][0-7]\d[A-Z]\d{3}[A-Z])", "codice fiscale|cod\\. ?fisc|cf|c\\.f", "DM 12 marzo 1974, n. 2227", "it.codicefiscale",
                   r"[A-Z]{6}\d\d[A-EHLMPR-T][0-7]\d[A-Z]\d{3}[A-Z]"),
    NationalNumber("PT_NIF", r"[1235689]\d\d[ .]?\d{3}[ .]?\d{3}", "nif|contribuinte|número de identificação fiscal|nipc", "Autoridade Tributária, Decreto-Lei 14/2013", "pt.nif"),
    NationalNumber("NL_BSN", r"\d{3}[ .]?\d{3}[ .]?\d{3}|\d{4}[ .]\d\d[ .]\d{3}", "bsn|burgerservicenummer|sofi|sofinummer", "Wet algemene bepalingen burgerservicenummer", "nl.bsn"),
    NationalNumber("BE_NATIONAL_NUMBER", r"\d\d[.]?(?:0\d|1[0-2])[.]?[0-3]\d[ -]?\d{3}[ .]?\d\d", "rijksregister|rijksregisternummer|nn|insz|niss|registre national|numéro national|national number|nationaal nummer", "Koninklijk besluit van 3 april 1984", "be.nn",
                   r"\d\d\.(?:0\d|1[0-2])\.[0-3]\d-\d{3}\.\d\d"),
    NationalNumber("PL_PESEL", r"\d\d[0-3]\d[0-3]\d{6}", "pesel", "Ustawa o ewidencji ludności, art. 15", "pl.pesel"),
    NationalNumber("SE_PERSONNUMMER", rf"(?:19|20)?{_YYMMDD}[+-]?\d{{4}}", "personnummer|pers\\.? ?nr|personnr|samordningsnummer|pnr", "Skatteverket, Folkbokföringslag (1991:481) § 18", "se.personnummer",
                   rf"(?:19|20)?{_YYMMDD}[+-]\d{{4}}"),
    NationalNumber("NO_FODSELSNUMMER", rf"{_DDMMYY} ?\d{{5}}", "fødselsnummer|fødselsnr|fnr|personnummer|fodselsnummer|d-nummer", "Skatteetaten, folkeregisterforskriften § 2-2-1", "no.fodselsnummer"),
    NationalNumber("DK_CPR", rf"{_DDMMYY}[ -]?\d{{4}}", "cpr|cpr-?nr|cpr-?nummer|personnummer", "CPR-kontoret, Personnummeret i CPR", "dk.cpr"),
    NationalNumber("FI_HETU", r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", "hetu|henkilötunnus|sotu|personbeteckning", "Digi- ja väestötietovirasto, asetus 128/2010", "fi.hetu",
                   r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]"),
    NationalNumber("CH_AHV", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", "ahv|avs|ahv-?nr|sozialversicherungsnummer|assurance sociale|oasi", "AHVV Art. 133bis (SR 831.101)", "ch.ssn", r"756\.\d{4}\.\d{4}\.\d\d"),
    NationalNumber("IN_AADHAAR", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", "aadhaar|aadhar|uidai|uid|आधार", "UIDAI, Aadhaar Act 2016", "in_.aadhaar", r"[2-9]\d{3} \d{4} \d{4}"),
    NationalNumber("IN_PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", "pan|permanent account", "Income Tax Department, rule 114", "in_.pan", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"),
    NationalNumber("KR_RRN", rf"{_YYMMDD}[ -]?[0-9]\d{{6}}", "rrn|resident registration|주민등록번호|주민번호", "Resident Registration Act, Enforcement Rule art. 2", "kr.rrn", rf"{_YYMMDD}-\d{{7}}"),
    NationalNumber("AU_TFN", r"\d{3}[ -]?\d{3}[ -]?\d{2,3}", "tfn|tax file", "Australian Taxation Office, tax file number", "au.tfn"),
    NationalNumber("BR_CPF", r"\d{3}\.?\d{3}\.?\d{3}[ -]?\d\d", "cpf|cadastro de pessoas", "Receita Federal, IN RFB 2172/2024", "br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    NationalNumber("BR_CNPJ", r"\d\d\.?\d{3}\.?\d{3}/?\d{4}-?\d\d", "cnpj|cadastro nacional", "Receita Federal, IN RFB 2119/2022", "br.cnpj", r"\d\d\.\d{3}\.\d{3}/\d{4}-\d\d"),
    NationalNumber("MX_CURP", r"(?i:[A-Z][AEIOUX][A-Z]{2}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[HMX][A-Z]{5}[0-9A-Z]\d)", "curp|clave única", "RENAPO, Instructivo normativo para la asignación de la CURP", "mx.curp",
                   r"[A-Z][AEIOUX][A-Z]{2}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[HMX][A-Z]{5}[0-9A-Z]\d"),
    NationalNumber("ZA_ID", rf"{_YYMMDD} ?\d{{4}} ?[01]\d\d", "id ?number|id ?no|id ?nr|identity number|identity no|south african id|sa id|said", "Identification Act 68 of 1997", "za.idnr"),
)  # fmt: skip
"""The table."""

LETTERS_FIRST = re.compile(r"(?<![^\W_])[A-Z]{1,2}(?=[ -]|\Z)")
"""Where a number may begin whose first group has no digit: `AB 12 34 56 C`."""

_ALIASES = {"UK": "GB"}


def national_patterns(countries: Iterable[str] | str) -> tuple[PIIPattern, ...]:
    """Return what to look for in texts of these countries, or of all.

    Raises:
        ImportError: The extra ``identifiers`` is not installed.
        TypeError: `countries` is one code, not a list.
        ValueError: No number of a country is known.
    """
    known = sorted({number.country for number in NUMBERS})
    if isinstance(countries, str) and countries != "all":
        message = f"PIIRedactor: countries={countries!r} must be a list of codes, such as [{countries!r}], or 'all'"
        raise TypeError(message)
    chosen = known if isinstance(countries, str) else [_ALIASES.get(code, code) for code in countries]
    for code in chosen:
        if code not in known:
            meant = nearest(code, known)
            hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(known)}"
            message = f"PIIRedactor: countries names {code!r}, of which no number is known; {hint}"
            raise ValueError(message)
    return tuple(pattern for number in NUMBERS if number.country in chosen for pattern in _patterns(number))


@functools.cache
def _patterns(number: NationalNumber) -> tuple[PIIPattern, ...]:
    if number.module:
        _stdnum(number.module)
    first, tails = initials(number.words)
    check = _checked(number) if number.module else None
    digits = 5
    begin, end = r"(?<![\w.+/-])", r"(?![\w]|[./-]\d)"
    behind = PIIPattern(
        number.kind,
        f"{begin}(?:{number.form}){end}",
        check=check,
        context=rf"[{first}](?:(?<![^\W\d_].){tails}(?![^\W\d_]))[^\d\n\0]{{0,24}}\Z",
        needs=f"[{first}]{tails}",
        digits=digits if number.kind.startswith("IN_PAN") else 6,
        priority=35,
    )
    if not number.alone:
        return (behind,)
    return (
        behind,
        PIIPattern(
            number.kind, f"{begin}(?:{number.alone}){end}", check=check, shape=_shape(number), digits=4, priority=36
        ),
    )


def _shape(number: NationalNumber) -> str:
    """Return what the shape of a passage must hold for a form that needs no word."""
    return _SHAPES.get(number.kind, "0")


_SHAPES = {
    "US_ITIN": "000-00-0000", "GB_NINO": "AA000000A", "FR_NIR": r"0 00 00 |0{15}|0{5}0?0A0", "ES_DNI": "0{8}-?A", "ES_NIE": "A-?0{7}-?A",
    "IT_CODICE_FISCALE": "AAAAAA00A00A000A", "BE_NATIONAL_NUMBER": r"00\.00\.00-000\.00", "SE_PERSONNUMMER": r"000000[+-]0000",
    "FI_HETU": r"000000[+A-]000", "CH_AHV": r"000\.0000\.0000\.00", "IN_AADHAAR": "0000 0000 0000", "IN_PAN": "AAAAA0000A",
    "KR_RRN": "000000-0000000", "BR_CPF": r"000\.000\.000-00", "BR_CNPJ": "0/0000-00", "MX_CURP": "AAAA000000AAAAAA",
}  # fmt: skip


def _checked(number: NationalNumber) -> Callable[[str], int]:
    return lambda text: len(text) if number.is_valid(text) else 0


@functools.cache
def _stdnum(module: str) -> Any:
    try:
        return importlib.import_module(f"stdnum.{module}")
    except ImportError:
        message = 'countries= takes python-stdnum, which knows the check digits: pip install "beluga-ai[identifiers]"'
        raise ImportError(message) from None
