"""Secret masking: show a configuration, a request and an error without the keys in them, and use the real ones."""

from __future__ import annotations

import attrs

from beluga.config import field
from beluga.masking import is_secret_key, mask_secrets, mask_text

CONFIG = {
    "model": "gpt-4o",
    "max_tokens": 4096,
    "openai": {"api_key": "sk-1234567890abcdef", "temperature": 0.7},
    "database": "postgres://app:swordfish@db/shop",
}


@attrs.frozen
class Settings:
    """What is secret is said once, at the field."""

    model: str = "gpt-4o"
    api_key: str = field("", secret=True)


def main() -> None:
    """Mask a value, a text and an exception; the values themselves stay as they are."""
    for name, value in mask_secrets(CONFIG).items():
        print(f"{name}: {value}")
    print("still there:", CONFIG["openai"]["api_key"].startswith("sk-123"))
    print(Settings(api_key="sk-1234567890abcdef"))
    print(mask_text("curl -H 'Authorization: Bearer tok-secret-value-here'"))
    print(mask_secrets(ConnectionError("refused: https://app:swordfish@example.com/v1")))
    for name in ("refreshToken", "X-API-Key", "prompt_tokens", "next_page_token"):
        print(f"{name}: {'secret' if is_secret_key(name) else 'harmless'}")


if __name__ == "__main__":
    main()
