"""Say which formats of the known scanners have no row of ours: ``python tools/secret_formats.py``.

The lists below are names, and so facts: the ids of gitleaks' rules (MIT, 2026) and of the plugins of detect-secrets
(Apache-2.0, 1.5), without those for a provider's second, third and tenth kind of key, and of the 850 detectors of
trufflehog (AGPL-3.0, 3) those of the services that one meets most. Many of the latter have no form of their own, only
so many letters and digits behind the provider's name; where that name says key, token or secret, it is enough.
"""

from __future__ import annotations

from beluga.guards._secret_formats import FORMATS, NAMED

GITLEAKS = """
1password-secret-key 1password-service-account-token adafruit-api-key adobe-client-secret age-secret-key
airtable-api-key airtable-personnal-access-token algolia-api-key alibaba-access-key-id anthropic-api-key
artifactory-api-key asana-client-secret atlassian-api-token authress-service-client-access-key aws-access-token
azure-ad-client-secret beamer-api-token bitbucket-client-secret bittrex-secret-key cisco-meraki-api-key
clickhouse-cloud-api-secret-key clojars-api-token cloudflare-origin-ca-key codecov-access-token cohere-api-token
coinbase-access-token confluent-secret-key contentful-delivery-api-token databricks-api-token datadog-access-token
defined-networking-api-token digitalocean-pat discord-client-secret doppler-api-token droneci-access-token
dropbox-long-lived-api-token duffel-api-token dynatrace-api-token easypost-api-token etsy-access-token
facebook-access-token fastly-api-token finicity-api-token finnhub-access-token flickr-access-token
flutterwave-secret-key flyio-access-token frameio-api-token freemius-secret-key freshbooks-access-token gcp-api-key
github-pat gitlab-pat gitter-access-token gocardless-api-token grafana-api-key harness-api-key hashicorp-tf-api-token
heroku-api-key hubspot-api-key huggingface-access-token infracost-api-token intercom-api-key intra42-client-secret
jfrog-api-key jwt kraken-access-token kucoin-secret-key launchdarkly-access-token linear-api-key
linkedin-client-secret lob-api-key mailchimp-api-key mailgun-private-api-token mapbox-api-token
mattermost-access-token maxmind-license-key messagebird-api-token microsoft-teams-webhook netlify-access-token
new-relic-user-api-key notion-api-token npm-access-token nytimes-access-token octopus-deploy-api-key okta-access-token
openai-api-key openshift-user-token perplexity-api-key plaid-api-token planetscale-api-token postman-api-token
prefect-api-token private-key privateai-api-token pulumi-api-token pypi-upload-token rapidapi-access-token
readme-api-token rubygems-api-token scalingo-api-token sendbird-access-token sendgrid-api-token sendinblue-api-token
sentry-user-token settlemint-personal-access-token shippo-api-token shopify-access-token sidekiq-secret
slack-bot-token snyk-api-token sonar-api-token sourcegraph-access-token square-access-token squarespace-access-token
stripe-access-token sumologic-access-token telegram-bot-api-token travisci-access-token twilio-api-key
twitch-api-token twitter-bearer-token typeform-api-token vault-service-token yandex-api-key zendesk-secret-key
""".split()
DETECT_SECRETS = """
artifactory aws azure-storage cloudant discord github gitlab ibm-cloud-iam ibm-cos-hmac jwt mailchimp npm openai
private-key pypi sendgrid slack softlayer square stripe telegram twilio
""".split()
TRUFFLEHOG = """
ably abuseipdb airbrake-project-key aiven apify appcues asana-personal-access-token auth0-management-api-token
aws-session-keys azure-batch azure-container-registry azure-devops-personal-access-token azure-function-key
azure-search-admin-key azure-storage baremetrics bitbar braintree-payments brandfetch browserstack buildkite bulksms
checkout circle-ci clerk clickup cloudflare-ca-key cockroachdb coda contentful-personal-access-token crates-io
customerio databricks-token deepai deepgram deepseek deno-deploy digitalocean-spaces docker docusign dropbox
elevenlabs endorlabs eventbrite figma-personal-access-token fireworks flexport groq helpscout honeycomb hunter
ipinfo jira-token jdbc jumpcloud klaviyo langfuse langsmith lark ldap lokalise loggly mandrill mapbox mongodb mux
netsuite ngrok npm nvapi onelogin onfido openvpn opsgenie pagerduty paystack pinecone pipedrive postgres posthog
postmark pusher rabbitmq razorpay redis replicate robinhood-crypto rootly sentry-org-token shodan sanity signalwire
slack-webhook snowflake sourcegraph-cody spotify sqlserver stripe supabase tailscale tavily tineswebhook tomtom trello
twitch typeform uri voiceflow weights-and-biases webex wakatime xai zapier-webhook zohocrm
""".split()
OTHER_NAMES = {
    "1password": "ONEPASSWORD", "gcp": "GOOGLE", "hashicorp": "TERRAFORM", "jfrog": "ARTIFACTORY",
    "sendinblue": "BREVO", "microsoft": "TEAMS", "flyio": "FLY", "droneci": "DRONE", "cisco": "MERAKI",
    "sidekiq": "CONTRIBSYS", "sumologic": "SUMO", "travisci": "TRAVIS", "circle": "CIRCLECI", "nvapi": "NVIDIA",
    "lark": "FEISHU", "weights": "WANDB", "jira": "ATLASSIAN", "mandrill": "MAILCHIMP",
    "deepseek": "OPENAI", "clerk": "STRIPE", "paystack": "STRIPE", "auth0": "JWT", "cockroachdb": "COCKROACH",
    **dict.fromkeys("private uri jdbc ldap mongodb postgres rabbitmq redis sqlserver".split(), "PRIVATE"),
}  # fmt: skip
"""What a scanner calls a provider that we call otherwise, or whose keys have the form of another's.

Those of the last line have patterns of their own: keys in blocks, and passwords in addresses.
"""


def without_a_row(names: list[str]) -> list[str]:
    """Return those of `names` whose provider has no row in our table."""
    kinds = {kind.partition("_")[0] for kind, _, _ in FORMATS} | {*map(str.upper, NAMED), "PRIVATE", "JWT"}
    words = {name: OTHER_NAMES.get(name.partition("-")[0], name.partition("-")[0].upper()) for name in names}
    return [name for name, word in words.items() if word not in kinds]


def main() -> None:
    """Print the names, scanner by scanner."""
    for scanner, names in (
        ("gitleaks", GITLEAKS),
        ("detect-secrets", DETECT_SECRETS),
        ("trufflehog", TRUFFLEHOG),
    ):
        missing = without_a_row(names)
        print(f"{scanner}: {len(missing)} of {len(names)} providers have no row: {', '.join(missing)}")


if __name__ == "__main__":
    main()
