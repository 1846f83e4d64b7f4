"""Personal data: out of what goes to the model, with pseudonyms that its answer gives back."""

from __future__ import annotations

from beluga.guards import DEFAULT_PII_PATTERNS, PIIPattern, PIIRedactor
from beluga.llm import FakeProvider

TEXT = "John: john.doe@example.com, 555-123-4567. SSN 123-45-6789, card 4111-1111-1111-1111, EMP-123456."
EMPLOYEE = PIIPattern("employee_id", r"EMP-[0-9]{6}")

model = FakeProvider(lambda request: f"I wrote to {request.text.split()[-1]}")


def main() -> None:
    """Redact by kinds and patterns, keep what is allowed, and restore a pseudonym."""
    print(PIIRedactor().redact(TEXT))
    print(PIIRedactor(*DEFAULT_PII_PATTERNS, EMPLOYEE).redact(TEXT))
    kept = ["*@example.com"]
    partly = PIIRedactor(kinds=["EMAIL", "CREDIT_CARD"], allow=kept, strategy={"CREDIT_CARD": "mask_last4"})
    print(partly.redact(TEXT))
    for finding in PIIRedactor().scan(TEXT):
        print(f"  {finding.kind} at {finding.start} to {finding.end}")

    redactor = PIIRedactor(reversible=True)
    sent = redactor.redact("Write to ana@example.com")
    answer = model.generate(sent).text
    print("the model saw the address:", "ana@" in model.calls[0].text)
    print("the user sees:", redactor.vault.restore(answer))


if __name__ == "__main__":
    main()
