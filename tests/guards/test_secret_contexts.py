"""Secrets that are known by what stands around them, and texts that only look as if they held one."""

from __future__ import annotations

import pytest

from beluga.guards import SecretRedactor
from beluga.masking import mask_text

redactor = SecretRedactor()
WORD = "hunter2Zq9"
PHRASE = "correct horse 9 battery"

QUOTED = [
    "password = '{}'", 'password = "{}"', "password=`{}`", "secret: '{}'", '{{"api_key": "{}"}}', "{{'token': '{}'}}",
    '"password"="{}"', "PASSWORD='{}' python app.py", 'export DB_PASSWORD="{}"', "password => '{}'", 'db_pass := "{}"',
    'String password = "{}";', 'char secret[50] = "{}";', 'std::string api_key("{}");', 'var token = @"{}";',
    'const wchar_t *secret = L"{}";', 'password = r"{}"', "secret = b'{}'", 'password: str = "{}"',
    'api_key: Optional[str] = "{}"', "const apiKey: string = '{}';", "setPassword('{}')", 'set_secret("{}")',
    'password.equals("{}")', 'if (password == "{}") {{', "if token != '{}':", 'define("DB_PASSWORD", "{}");',
    "$config['password'] = '{}';", 'password ->"{}"', "password is '{}'", 'the password was changed to "{}"',
    'token = os.getenv("APP_TOKEN") or "{}"', "token = os.environ.get('APP_TOKEN', '{}')",
    'const key = process.env.API_KEY || "{}";', "api_key = ENV.fetch('API_KEY', '{}')", 'api_key = env("API_KEY", default="{}")',
    "['mysql', '--password', '{}']", "('--password', '{}', 'run')", '["curl", "--token", "{}"]',
    "Command '['mysql', '--password', '{}', 'db']' returned non-zero exit status 1.", "[('password', '{}')]",
    '{{"name": "DB_PASSWORD", "value": "{}"}}', "{{'key': 'api_key', 'value': '{}'}}", '<add key="DbPassword" value="{}"/>',
    '{{"name": "Authorization", "value": "{}"}}', '<property name="db.password" value="{}" />',
    '- name: DB_PASSWORD\n  value: "{}"', '"name": "X-Api-Key",\n      "value": "{}"', '<input name="password" value="{}">',
    '{{\\"password\\": \\"{}\\"}}', 'body="{{\\"password\\": \\"{}\\"}}"', '{{\\\\\\"secret\\\\\\": \\\\\\"{}\\\\\\"}}',
    "CREATE USER 'a'@'%' IDENTIFIED BY '{}';", "ALTER USER a IDENTIFIED WITH caching_sha2_password BY '{}'",
    "ALTER ROLE app WITH PASSWORD '{}';", "SET PASSWORD = PASSWORD('{}')", 'New-Thing -Password "{}"',
    'ConvertTo-SecureString "{}" -AsPlainText -Force', "gpg --batch --passphrase '{}' -d x", "sshpass -p '{}' ssh host",
    "curl -u 'ana:{}' https://x.test", 'curl --user "ana:{}" https://x.test', "PWD={{{}}};Database=x", "&quot;password&quot;: &quot;{}&quot;",
    "token = '{}'  # rotate", "<secret>{}</secret>", "<key>ApiKey</key>\n<string>{}</string>", "<password><![CDATA[{}]]></password>",
    "contraseña: '{}'", 'Passwort: "{}"', "пароль: '{}'", "密码：“{}”", "パスワード：「{}」",
    'TOKEN ::= "{}"', 'TOKEN ?= "{}"', 'token ||= "{}"', '$token .= "{}"', 'var token string = "{}"', "auth=('ana', '{}')",
    'HTTPBasicAuth("ana", "{}")', "<Password><Value>{}</Value></Password>", 'password{{"{}"}}', 'appsecret: "{}"',
]  # fmt: skip
BARE = [
    "password={}", "password: {}", "pass {}", "Password\n{}", "password:\n  {}", "secret:\n    {}\n", "password: |\n  {}\n", "token -> {}",
    "password → {}", "password is: {}", "my password is {}", "password was changed to {}", "password has been reset to {}",
    "the new password will be {}", "PWD={};Database=x", "Server=x;Uid=sa;Pwd={};", "mysql --password {} db",
    "mysql --password={} db", "mysql -uroot -p{} db", "sshpass -p {} ssh host", "sshpass -p{} ssh host", "curl -u ana:{} https://x.test",
    "curl -uana:{} https://x.test", "curl --user ana:{} https://x.test", "curl --proxy-user ana:{} -L x", "wget --password={} x",
    "redis-cli -a {} ping", "docker login -u ana -p {} registry.test", "openssl rsa -passin pass:{}", "gpg --passphrase {} -d x",
    "keytool -storepass {} -keypass x", "New-Thing -Password {}", "Connect -ApiKey {} -Verbose", "machine api.test login ana password {}",
    "login ana\npassword {}", "| DB_PASSWORD | {} |", "| user | password |\n|---|---|\n| ana | {} |", "+------+------+\n| password | {} |",
    "user | password\n-----+---------\nana | {}", "user,password\nana,{}", "user\tpassword\nana\t{}", "<password>{}</password>",
    '<entry key="password">{}</entry>', "<ns:apiKey>{}</ns:apiKey>", "key=DB_PASSWORD value={}", "name: DB_PASSWORD\nvalue: {}", "Set-Cookie: sessionid={}; Path=/",
    "https://x.test/?api_key={}&q=1", "user=ana&password={}&n=1", "password%3D{}", "X-API-Key: {}", "-H 'X-Auth-Token: {}'",
    "Bot token: {}", "user token: {}", "session id: {}", "sid={}", "csrf: {}", "csrf_token={}", "xsrf-token: {}", "TOTP seed: {}", "totp_secret={}",
    "recovery code: {}", "backup code: {}", "API key: {}", "access key: {}", "secret access key: {}", "connection string: {}",
    "admin_password: {}", "REDIS_PASSWORD={}", "PGPASSWORD={} psql", "dbpassword={}", "${{DB_PASSWORD:-{}}}", "password = {} # old",
    "Passwort ist {}", "Passwort lautet {}", "le mot de passe est {}", "la contraseña es {}", "a senha é {}", "la password è {}", "het wachtwoord is {}",
    "hasło to {}", "lösenordet är {}", "adgangskoden er {}", "passordet er {}", "salasana on {}", "пароль - {}", "пароль — {}", "şifre: {}", "kata sandi adalah {}",
    "密码是{}", "パスワードは{}です", "비밀번호는 {} 입니다", "clave de API: {}", "clé API : {}", "chiave segreta: {}", "chave secreta: {}", "API-Schlüssel: {}", "klucz API: {}", "API-nyckel: {}", "API-avain: {}",
    "API anahtarı: {}", "kunci API: {}", "секретный ключ: {}", "токен: {}", "密钥: {}", "APIキー: {}", "API 키: {}", "令牌：{}",
    "senha do banco: {}", "senha_do_banco={}", "contraseña maestra: {}", "mot de passe administrateur : {}", "пароль администратора: {}", "пароль базы: {}",
    "kata sandi baru: {}", "hasło użytkownika: {}", "wachtwoord nieuw: {}", "github_pat={}", "npm_auth: {}", "encryption_key_v2={}",
    "(API key: {} please", "[API key: {}]", "see (access key: {})", "your:API key: {}", "x/API key: {}", "1.API key: {}", "“API key: {}”",
    "**Password:** {}", "**Password**: {}", "*password*: {}", "~~password~~: {}", "**API key**: {}", "**API key:** {}", "- **api_key** – {}",
    "<b>Password</b>: {}", "<strong>API key:</strong> {}", "<td>API key</td><td>{}</td>", "**Token:** `{}`",
    "<B>Password:</B> {}", "<b><i>Password</i></b>: {}", "<kbd>password</kbd>: {}", "<strong>Password: </strong>{}", "**Password**\n{}",
    "<b>API key:</b> <code>{}</code>", '<span class="k">token</span>: <span class="v">{}</span>', "Your password is <b>{}</b>.",
    "**Password**:\n```\n{}\n```", "Your API key is:\n\n```text\n{}\n```\nKeep it safe.",
    "requirepass {}", "setx API_KEY {}", "ENV DB_PASSWORD {}", "java -DapiKey={} -jar x", "pw: {}", "SECRET_KEY_BASE={}", "code_verifier={}",
    "<apiToken>\n    {}\n</apiToken>", "--from-literal=password={}", "--set auth.password={}", "spring.datasource.password={}",
]  # fmt: skip
VALUES = [WORD, "Example2024!", "config.R3al9x", "your-P4ss.w0rd", "S3cr3t$Tr0ub4dor"]


def streamed(text, size=1):
    """Return what a stream makes of `text`, given in chunks of `size`."""
    stream = redactor.stream()
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join([*map(stream.feed, chunks), stream.close()])


@pytest.mark.parametrize("form", QUOTED + BARE)
def test_a_value_is_found_by_what_stands_around_it(form):
    """A value behind the name of a secret goes, however the two are joined; in a stream and in a log as well."""
    for value in VALUES:
        text = form.format(value)
        whole = redactor.redact(text)
        assert value not in whole
        assert value not in mask_text(text)
        assert streamed(text) == streamed(text, 7) == whole


@pytest.mark.parametrize("form", QUOTED)
def test_quotes_hold_everything_between_them(form):
    """Blanks and the other quote are part of a value in quotes."""
    for value in (PHRASE, *((PHRASE.replace(" ", "'"),) if form.count('"') >= 2 and "'{}" not in form else ())):
        text = form.format(value)
        whole = redactor.redact(text)
        assert not [word for word in ("correct", "horse", "battery") if word in whole], whole
        assert streamed(text) == whole


WRAPPED = [
    "**{}**", "*{}*", "***{}***", "~~{}~~", "__{}__", "`{}`", "``{}``", "[{}](u)", "[{}](https://x.test/a?b=c 'title')", "![{}](i.png)", "[{}][1]", "{}[^1]",
    "[**{}**](u)", "**[{}](u)**", "<b>{}</b>", "<a href='u?x=1'>{}</a>", "<a href=u><i>{}</i></a>", "<label for=x>{}</label>", "<!-- a -->{}<!-- b -->",
    "{}&nbsp;", "{}<sup>1</sup>", "[b]{}[/b]", "{} (root)", "**{} (root)**", "{} [prod]", "{} for root", "{} for the admin", "&lt;b&gt;{}",
]  # fmt: skip
NAMES = ["Password", "API key", "db_password", "Client secret", "Mot de passe", "Пароль", "密码"]


@pytest.mark.parametrize("wrap", WRAPPED)
def test_markup_around_a_name_is_seen_through(wrap):
    """A name in bold, in a link, or with a remark behind it is the name; whole, in a stream and in a log."""
    for name in NAMES:
        for join in (": ", ":\n", " = "):
            text = f"see {wrap.format(name)}{join}{WORD}\nand more"
            whole = redactor.redact(text)
            assert WORD not in whole, text
            assert WORD not in mask_text(text), text
            assert streamed(text) == streamed(text, 7) == whole


TORN = [
    "pass&#119;ord", "&#112;&#x61;ssword", "to<b>k</b>en", "<b>pass</b>word", "pass**word**", "P*a*ssword", "pass<wbr>word", "se&shy;cret", "s&#101;nha",
    "API\\_KEY", "db\\_password", "p<!-- x -->assword", "contrase&ntilde;a", "l&ouml;senord", "cl&eacute; API", "&quot;password&quot;", "&amp;quot;secret&amp;quot;",
]  # fmt: skip


@pytest.mark.parametrize("name", TORN)
def test_markup_inside_a_name_is_seen_through(name):
    """A name that markup or entities tear apart is read as it is shown."""
    for join in (": ", "&#58; ", "&nbsp;= ", "&colon;&nbsp;"):
        text = f"see {name}{join}{WORD}\nand more"
        whole = redactor.redact(text)
        assert WORD not in whole, text
        assert WORD not in mask_text(text), text
        assert streamed(text) == streamed(text, 7) == whole


SHOWN = [
    "<b>Password</b> {}", "**Password** `{}`", "<strong>API key</strong> {}", "**API key** {}", "**Access token**\n\n    {}", "### Password\n\n{}", "### Password ###\n\n{}",
    "#### API key\n{}", "Password\n========\n\n{}", "API key\n-------\n{}", "## Token\n\n```text\n{}\n```", "### Secret key\n\n- {}", "<h3>Password</h3>\n<p>{}</p>",
    "<h3>API key:</h3>{}", "<p><b>Password:</b></p>\n<p>{}</p>", "<b>Password</b><br>{}", "Password:<br/>\n{}", "<summary>API key</summary>\n{}", "> **Password:**\n> {}",
    "<b>Password</b> is <i>{}</i>", "&lt;password&gt;{}&lt;/password&gt;", "{{&quot;token&quot;:&quot;{}&quot;}}", "<code>password</code> → <code>{}</code>",
]  # fmt: skip


@pytest.mark.parametrize("form", SHOWN)
def test_a_value_is_found_as_markup_shows_it(form):
    """What stands beside a stressed name, or below it as a heading, is its value."""
    text = form.format(WORD)
    whole = redactor.redact(text)
    assert WORD not in whole
    assert WORD not in mask_text(text)
    assert streamed(text) == streamed(text, 7) == whole
    assert redactor.redact(whole) == whole


HARMLESS = [
    '{"token": "Hello", "logprob": -0.31, "bytes": [72, 101]}', '{"token": " wor1d", "logprob": -1.5, "top_logprobs": []}', "token_ids=[101, 2023, 102]", '"token_id": 50256',
    "token: 50256", "unexpected token: abc123", "SyntaxError: Unexpected token: u0041x", "unexpected token '<html5>'", "fetch(url, { credentials: 'same-origin' })",
    "credentials: 'include'", 'withCredentials: "omit"', "Set-Cookie: theme=dark", "Set-Cookie: theme=dark; Path=/; Max-Age=31536000", "Cookie: lang=en-US; consent=1",
    "/static/app.js?v=3f2a9c81bd7744e1", "main.8f3e2a1b9c.css?hash=8f3e2a1b9c0d4e5f6071", "cache key: users:123:v2", "pk_live_" + "51H8xYzAbCdEfGhIjKlMnOpQ", "publishableKey: 'pk_test_" + "51H8xYzAbCdEfGhIjKlMnOpQ'",
    '<input id="sk-estimator-id-12" class="sk-toggleable__control sk-hidden--visually">', "#sk-container-id-1 label.sk-toggleable__label-arrow:before {", "sk-toggleable__content--fitted12",
    '"cookie": "0.7.1"', '"cookie-signature": "~1.0.6"', '"js-tokens": "^4.0.0"', '"jsonwebtoken": "9.0.2"', "cookie==0.7.1", "cookie@0.7.1", '"jwt": ">=1.0.0 <2"', "passport-jwt: 4.0.1",
    "password: str", "password: Optional[str] = None", "token: String!", "password VARCHAR(255) NOT NULL", "api_key = config.api_key", 'password = request.form["password"]', "password = getpass.getpass()",
    "token = response.json()['token']", "key={item.id}", "password: this.state.password,", "api_key=os.environ['KEY']", "api_key: ${OPENAI_API_KEY}", "password: {{ vault_password }}", "token = <your token>",
    "api_key = 'your-api-key-here'", 'password: "changeme"', "secret: REDACTED", "password: ********", "password=%s", "password={password}", "password={}", "token: null", "the password field is required",
    "Password must be at least 8 characters", "Invalid password: try again", "password: required", '<input type="password" name="password" id="password">', '<label for="password">Password:</label>',
    "the secret to good pasta is salt", "Secret Santa is on Friday", "the token is expired", "Your token has expired", "the key is under the mat", "primary key: user_id", "foreign key: order_42", "sort key: 2024-01-01",
    "max_tokens=4096", "eos_token: </s>", "next_page_token=abc123def", "pad token: [PAD]", "stop token: <|im_end|>", "token count: 4096", "token_type: bearer1", "has_password=true", "password_length: 12",
    "ssh key fingerprint is SHA256:abc123def456", "public key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "author: j0hn_d03", "monkey: b4nana99", "keyboard: qwerty123", "bypass: r0ute66x", "passport: AB123456", "compass: n0rth12345",
    "tokenizer: gpt2-xl1", "secretary: J4ne D03", "status code: 404", "zip code: 90210", "pin code: 560001", "exit code is 12345", "session: 12", "string: abc123", "seed: 123456", "cookie policy: v2.1",
    "const STORAGE_KEY = 'app-settings-v1'", 'localStorage.getItem("token")', 'headers["X-Auth-Token"]', "from secrets import token_hex", "import { token } from './token1.js'", "secrets.token_urlsafe(32)", "auth: { type: 'oauth2' }",
    "bearer authentication is used", "Authorization: Bearer <token>", "curl -u user:password https://x.test", "sshpass -p $PASS ssh host", "| name | type |\n|---|---|\n| password | string |", "| token | count |\n| the | 12345 |",
    "The password for the staging box is kept by the security team.", "Tokens are cheap; secrets are not.", "password reset link sent to user 12345", "API key rotation happens every 90 days",
    "call(refresh_tokens=refresh_tokens, keep_all_auth_tokens=keep_all_auth_tokens)", "token: OAuth2Token", "redact_password = (value, other1) =>",
    '<li><a href="#otp"><code>otp</code></a></li><li><a href="#workspace"><code>workspace</code></a></li>', "Enter your **password** below.", "**Password** is required", "### Password\n\nChoose a long one.",
    "The [password](https://x.test/docs) field", "<b>token</b> count: 4096", "`password`: the one you chose", "Failed password for root from 10.0.0.1 port 22 ssh2", "password for example: at least 12 characters",
    "AT&amp;T token ring", "a*b*c = key*2", "def reset_password(self): pass1()",
    "password\t[success=1 default=ignore]\tpam_unix.so", "to pass tests/case8.deb", "Token: '#dcdccc',", "TOKEN = r'(?:[a-z]+|[0-9]+)'",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_texts_about_secrets_are_left_alone(text):
    """Vocabulary, types, references, placeholders, versions and prose hold no secret."""
    assert redactor.redact(text) == text
    assert streamed(text) == text


LOGGED = [
    "password: {}",
    "password={}",
    "pwd = {}",
    "Password -> {}",
    "password is: {}",
    "contraseña: {}",
    "auth failed, password: {}",
    "admin_password: {}, retrying",
    "--password {}",
    "passphrase: {} ",
]


@pytest.mark.parametrize("form", LOGGED)
@pytest.mark.parametrize(
    "value", ["swordfish", "sw0rd", "correct horse battery staple", "monkey", "p(a)ss[w]o{r}d", "a,b;c&d<e>"]
)
def test_a_log_shows_nothing_behind_the_name_of_a_password(form, value):
    """There a word that may be a password is taken for one."""
    assert not [word for word in value.split() if word in mask_text(form.format(value))]
