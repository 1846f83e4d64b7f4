"""Texts that look like personal data and are none, kind by kind; the redactor leaves each as it is."""

from __future__ import annotations

import pytest

from beluga.guards import PIIRedactor

redactor = PIIRedactor()

HARMLESS = {
    "slices": """
        a[::2]
        x[1::3]
        data[::-1]
        rows[10::5, ::2]
        s[-3::]
        t[1::]
        arr[::10, 5::2]
        w = v[0::4] + v[2::4]
        df.iloc[:, ::2]
        "abc"[::1]
        std::chrono::seconds(5)
        Foo::Bar2::baz
        ::1 in a slice: b[::1]
        python -c 'print(range(100)[::25])'
        """,
    "versions": """
        version 1.2.3.4
        ver. 8.0.0.1
        Version: 10.0.19041.1
        lib==1.2.3.4
        foo>=2.0.1.5,<3
        foo~=1.4.2.1
        foo-1.2.3.4.tar.gz
        chromedriver 114.0.5735.90
        Chrome/114.0.5735.199 Safari/537.36
        Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/91.0.4472.114
        Edg/112.0.1722.58
        "version": "4.17.21.1"
        "typescript": "5.1.6.2"
        <Version>8.0.100.3</Version>
        v2.10.0.1 was released
        release 3.4.5.6 is out
        upgraded from 1.0.2.9
        "dependencies": {"left-pad": "^1.3.0.2"}
        AssemblyVersion("1.0.0.0")
        FileVersion=6.1.7601.17514
        build 10.0.22621.2506
        driver: 535.104.5.10
        section 4.3.2.1 of the manual
        firmware 2.8.0.17
        implementation 'com.example:lib:2.3.1.4'
        SNMP OID 1.3.6.1.4.1.2021
        """,
    "nobody's addresses": """
        http://127.0.0.1:8000/
        bind 0.0.0.0:80
        listening on 0.0.0.0
        netmask 255.255.255.0
        255.255.255.255
        255.255.0.0
        127.0.0.53
        ::
        host ::1 port 5432
        [::]:8080
        http://[::1]:3000/
        0.0.0.0/0
        ::/0
        127.0.0.0/8
        subnet mask 255.255.252.0
        redis://127.0.0.1:6379/0
        inet 127.0.0.1 netmask 255.0.0.0
        http://169.254.169.254/latest/meta-data
        fe80::/10 and 2001:db8::/32
        """,
    "at signs": """
        git@github.com:acme/repo.git
        git clone git@gitlab.example.com:team/app.git
        ssh://git@example.com/repo.git
        hg@bitbucket.org:team/repo
        deploy@web01: permission denied
        root@localhost
        sshd: user@pts/0
        getty@tty1.service
        user@1000.service: Succeeded.
        systemd[1]: Started user@1000.service
        postgres@14-main.service
        A@B
        C = A@B.T
        y = X@W.T + b
        logo@2x.png
        icon@3x.webp
        img/hero@1.5x.jpg
        npm i @scope/pkg@1.2.3
        react@18.2.0
        actions/checkout@v4.1.0
        uses: docker/login-action@v3.0.0
        @decorator.method
        obj@property.setter
        kernel@5.15.0-generic
        Foo$Bar@1f2e3d4c
        java.lang.Object@6d06d69c
        pod/web-0@node-1.internal.service
        """,
    "bare numbers": """
        reached 12500000 in May
        we reached 1,250,000 users
        call stack has 1000000 frames
        the call took 1250000 ns
        called 10000000 times
        text of 1048576 characters
        texts: 12345678 in all
        signal 12345678 lost
        mobile traffic grew to 12500000
        office 365 has 34500000 seats
        the contact rate of 10000000
        registered 12345678 units
        ring buffer of 16777216 bytes
        cell 10023456 of the grid
        emergency fund of 25000000
        desk 20231104
        dial in 1234567 ms
        contact_id=12345678
        "contactId": 44491161
        "orderId": 44491161
        order_id: 12345678
        phone_count=10000000
        "phoneId": "12345678"
        call_id=1234567890
        "callId": 9876543210
        text_size: 12345678
        message_id: 5551234567
        user id 5551234567
        "count": 5551234567
        size=4155550132
        total_size: 4155550132
        "id": 4155550132
        version=20240115123
        "timestamp": 1700000000123
        ts=1700000000
        created_at: 1699999999
        seed 4294967295
        rows: 123456789
        cell[1234567]
        fax-machine-id 12345678
        contact 3 people about 10000000 rows
        tel aviv has 4600000 people
        """,
    "hex dumps and prints": """
        00000010: 7f45 4c46 0201 0100 0000 0000 0000 0000
        0000010 457f 464c 0102 0001 0000 0000 0000
        00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 0a 00 11 22 33
        de ad be ef 00 11 22 33 44 55 66 77
        0x7ffd 1234 5678 9012
        SHA256 Fingerprint=AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89
        MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48
        key fingerprint is 43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8
        fingerprint: 3AA5 C343 7156 1130 F9E1 2345 6789 0123 4567 89AB
        MAC size 00:00:00:00:00:00
        ff:ff:ff:ff:ff:ff
        40 bytes: 01 02 03 04 05 06 07 08 09 10
        commit 1234567890123456789012345678901234567890
        etag "5551234567890123"
        uuid 550e8400-e29b-41d4-a716-446655440000
        550e8400-e29b-11d4-a716-446655440000.log
        """,
    "pages, sections and sizes": """
        pages 123-4567
        pp. 1234-1256
        p. 5551234
        section 3.14.15.92
        RFC 2616, section 14.9.4.1
        chapter 10.2.3.4
        ISBN 978-3-16-148410-0
        ISSN 2049-3630
        doi:10.1000/182.1234567
        arXiv:2301.12345
        doi 10.1038/s41586-020-2649-2
        1024x768, 1920x1080
        12:30:45.123456
        2024-01-15T10:30:00.123Z
        2024-01-15 10:30:00,123
        17.11.2024 10:15
        scores 555-123
        100-200-3000 points
        $1,234,567.89
        1.234.567,89 EUR
        1 234 567,89 kr
        52.520008, 13.404954
        -73.935242 40.730610
        ratio 3.1415926535
        ZIP 12345-6789
        part no. 123-456-7890
        model 555-123-4567
        ticket 2024-123-4567
        order 555-123-4567
        invoice #555-123-4567
        tracking 1234 5678 9012
        serial 12-3456789
        EIN 12-3456789
        case 3:21-cv-01234
        """,
    "dates that are no birthdays": """
        due on 3 March 2024
        published 1999-12-31
        date: 12/03/1980
        released March 3, 1980
        the newborn ward opened on 3 March 1980 in the north wing of the old hospital, as planned
        """,
    "passports that are none": """
        passport.js v0.6.0 has 12345678 downloads
        passport-local@1.0.0
        Passport to fun 2024
        bypass 12345678
        """,
}  # fmt: skip
LINES = [
    pytest.param(line, id=f"{kind}: {line}".encode("ascii", "replace").decode())
    for kind, lines in HARMLESS.items()
    for line in map(str.strip, lines.strip().splitlines())
]


def test_the_table_is_long_enough():
    """Every kind has several lines, and there are at least 120 of them."""
    assert len(LINES) >= 120


@pytest.mark.parametrize("text", LINES)
def test_a_harmless_text_stays(text):
    """By itself, and as one line of a longer text."""
    assert redactor.redact(text) == text
    assert redactor.redact(f"first line\n{text}\nlast line") == f"first line\n{text}\nlast line"
