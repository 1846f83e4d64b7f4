"""The forms in which people write personal data, each of which is found alone, in a sentence and on a line of its own."""

from __future__ import annotations

import pytest

from beluga.guards import PIIRedactor

redactor = PIIRedactor()

FORMS = {
    "PHONE": """
        call 0049 30 1234567
        00491701234567
        0049 (0)30 1234567
        (020) 7946 0958
        (01632) 960001
        (0) 20 7946 0958
        0(20) 7946 0958
        +44(0)2079460958
        (11) 91234-5678
        (11) 3234-5678
        +55 (11) 91234-5678
        +55 (011) 1234 5678
        031 123 456
        01 234 56 78
        +386 31 123 456
        (01) 234 56 78
        +45 12 34 56 78
        +4512345678
        tlf. 12345678
        Ring 12 34 56 78
        Tlf: 12345678
        020 7946 0958
        07700 900123
        01632 960 001
        091 234 5678
        01 2345 678
        091/234-5678
        091/2345-678
        (01) 2345-678
        nazovite 0912345678
        telefonska številka: 031123456
        ligue 11 91234-5678
        T: 0494 92 82 32
        M: 07700 900123
        P: 5551234567
        Mob. 079 123 45 67
        https://wa.me/491701234567
        https://api.whatsapp.com/send?phone=14155550132
        tel:+14155550132
        tel:14155550132
        sms:+14155550132
        viber://chat?number=%2B14155550132
        555--123--4567
        555 - 123 - 4567
        (555)1234567
        (555)  123-4567
        phone5551234567
        phone555-123-4567
        call me at 5551234567
        My number is 5551234567
        phone number 12345678
        Tel.: 12345678
        whatsapp me at 9876543210
        {"phone": "5551234567"}
        mobile_number: 9876543210
        <phone>5551234567</phone>
        555-123-⏎4567
        phone+14155550132
        Tel.030-1234567
        Tel:030 1234567
        tel:0049-30-1234567
        tlf 12 34 56 78
        fone: 21 2345-6789
        mob 041 234 567
        kontakt 12 34 56 78
        ring 12 34 56 78
        """,
    "EMAIL": """
        "ana.roe"@example.com
        ana%40example.com
        https://example.org/?mail=ana%40example.com&x=y
        ana@[192.168.0.1]
        ana@[IPv6:2001:db8::1]
        mailto:ana@example.com
        """,
    "CREDIT_CARD": """
        4111  1111  1111  1111
        4111--1111--1111--1111
        4111.1111.1111.1111
        4111/1111/1111/1111
        card4111111111111111
        visa4111 1111 1111 1111
        4111 1111⏎1111 1111
        4111-1111-1111-⏎1111
        4111 1111 11111111
        41111111 11111111
        """,
    "SSN": """
        SSN123-45-6789
        123--45--6789
        SSN: 123 - 45 - 6789
        ssn=123-456789
        SSN: 12345-6789
        "ssn": "123456789"
        """,
    "IBAN": """
        DE89  3704  0044  0532  0130  00
        DE89-3704-0044-0532-0130-00
        DE89.3704.0044.0532.0130.00
        IBANDE89370400440532013000
        DE89 3704 0044⏎0532 0130 00
        """,
    "MAC_ADDRESS": """
        MAC 001A2B3C4D5E
        mac address: 001a2b3c4d5e
        "mac": "001A2B3C4D5E"
        MAC00:1A:2B:3C:4D:5E
        """,
    "IP_ADDRESS": """
        ip203.0.113.7
        "ip": "8.8.8.8"
        from 1.2.3.4
        """,
    "DATE_OF_BIRTH": """
        DOB 12031980
        dob=19800312
        "dob": "1980-03-12T00:00:00Z"
        birth_date: 12 03 1980
        DOB 12. 3. 1980
        born Mar 12 '80
        DOB: 1980 March 12
        12.03.1980 geboren
        1980-03-12 (DOB)
        12/03/1980 DOB
        birthday: March 12
        born in March 1980
        date of birth: 1980
        birthdate 12MAR1980
        geb. 12/1980
        """,
}
CASES = [
    pytest.param(
        kind, line.strip().replace("⏎", "\n"), id=f"{kind}: {line.strip()}".encode("ascii", "replace").decode()
    )
    for kind, lines in FORMS.items()
    for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_a_form_is_found(kind, text):
    """Whatever stands around it, it is one finding of its kind."""
    for around in ("{}", "Hello there, {} and so on.", "above\n{}\nbelow"):
        assert [finding.kind for finding in redactor.scan(around.format(text) if "{" not in text else text)] == [kind]
