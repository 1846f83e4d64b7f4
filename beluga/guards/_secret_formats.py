"""How the credentials of providers look, one row each: kind, what every one of them holds, and its form.

Source: the providers' own documentation of their key formats and their entries in public secret-scanning
programmes. Lengths are lower bounds: a longer key of the same form is still a key.
"""

from __future__ import annotations

__all__ = ["FORMATS"]

# A form is matched where no letter, digit, underscore or hyphen stands right before it.
FORMATS: tuple[tuple[str, str, str], ...] = (
    # Models
    ("ANTHROPIC_KEY", "sk-ant-", r"sk-ant-(?:[a-z]{3,8}\d{2}-)?[\w-]{32,256}"),
    ("OPENROUTER_KEY", "sk-or-", r"sk-or-(?:v\d-)?[0-9a-zA-Z]{32,128}"),
    ("LANGFUSE_KEY", "-lf-", r"[sp]k-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("OPENAI_KEY", "sk-", r"sk-(?:proj-|svcacct-|admin-|None-)?[\w-]{20,256}"),
    ("GROQ_KEY", "gsk_", r"gsk_[A-Za-z0-9]{40,80}"),
    ("XAI_KEY", "xai-", r"xai-[A-Za-z0-9]{64,128}"),
    ("HUGGINGFACE_TOKEN", "hf_|api_org_", r"(?:hf_[A-Za-z]{0}[A-Za-z0-9]{30,64}|api_org_[A-Za-z0-9]{30,64})"),
    ("REPLICATE_TOKEN", "r8_", r"r8_[A-Za-z0-9]{30,64}"),
    ("PERPLEXITY_KEY", "pplx-", r"pplx-[A-Za-z0-9]{32,96}"),
    ("FIREWORKS_KEY", "fw_", r"fw_[A-Za-z0-9]{20,64}"),
    ("NVIDIA_KEY", "nvapi-", r"nvapi-[\w-]{40,128}"),
    ("CEREBRAS_KEY", "csk-", r"csk-[a-z0-9]{40,64}"),
    ("TOGETHER_KEY", "tgp_v1_", r"tgp_v1_[\w-]{32,64}"),
    ("VOYAGE_KEY", "pa-", r"pa-[\w-]{40,64}"),
    ("JINA_KEY", "jina_", r"jina_[0-9a-f]{32}[\w-]{16,48}"),
    ("ELEVENLABS_KEY", "sk_", r"sk_[0-9a-f]{48}"),
    ("LANGSMITH_KEY", "lsv2_|ls__", r"(?:lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|ls__[0-9a-f]{32})"),
    ("PINECONE_KEY", "pcsk_", r"pcsk_[A-Za-z0-9_]{40,96}"),
    ("TAVILY_KEY", "tvly-", r"tvly-[\w-]{20,64}"),
    ("FIRECRAWL_KEY", "fc-", r"fc-[0-9a-f]{32}"),
    # Clouds
    ("AWS_KEY_ID", "A[A-Z]{3}[A-Z0-9]", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    (
        "AWS_BEDROCK_KEY",
        "ABSK|bedrock-api-key-",
        r"(?:ABSK[A-Za-z0-9+/]{60,256}={0,2}|bedrock-api-key-[\w+/=]{40,512})",
    ),
    ("GOOGLE_KEY", "AIza", r"AIza[\w-]{35,64}"),
    ("GOOGLE_OAUTH", "GOCSPX-|ya29", r"(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{20,512})"),
    ("AZURE_CLIENT_SECRET", "Q~", r"[\w.~]{3}\dQ~[\w.~-]{31,34}"),
    ("ALIBABA_KEY_ID", "LTAI", r"LTAI[A-Za-z0-9]{16,24}"),
    ("TENCENT_KEY_ID", "AKID", r"AKID[A-Za-z0-9]{32}"),
    ("DIGITALOCEAN_TOKEN", "_v1_", r"do[opr]_v1_[0-9a-f]{64}"),
    ("HEROKU_KEY", "HRKU-", r"HRKU-[\w-]{36,80}"),
    ("FLY_TOKEN", "fm[12][ar]?_|fo1_", r"(?:fm[12][ar]?_[\w+/=-]{40,1024}|fo1_[\w-]{43})"),
    ("NETLIFY_TOKEN", "nf[cpou]_", r"nf[cpou]_[A-Za-z0-9_]{32,64}"),
    ("SUPABASE_KEY", "sbp_|sb_secret_", r"(?:sbp_(?:v0_)?[0-9a-f]{40}|sb_secret_[\w-]{20,64})"),
    ("PLANETSCALE_TOKEN", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}"),
    ("DATABRICKS_TOKEN", "dapi|dose", r"(?:dapi|dose)[0-9a-f]{32}(?:-\d)?"),
    (
        "VAULT_TOKEN",
        "hv[sbr]\\.|s\\.",
        r"(?:hv[sbr]\.[\w-]{24,300}|s\.(?=[A-Za-z]{0,23}\d)(?=[\da-z]{0,23}[A-Z])[A-Za-z0-9]{24})",
    ),
    ("TERRAFORM_TOKEN", "atlasv1", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}"),
    ("PULUMI_TOKEN", "pul-", r"pul-[0-9a-f]{40}"),
    ("DOPPLER_TOKEN", "dp\\.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    ("OPENSHIFT_TOKEN", "sha256~", r"sha256~[\w-]{43}"),
    (
        "ONEPASSWORD_TOKEN",
        "ops_eyJ|A3-",
        r"(?:ops_eyJ[\w+/=-]{200,1024}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3})",
    ),
    # Code and packages
    ("GITHUB_TOKEN", "gh[pousr]_|github_pat_", r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{40,255})"),
    (
        "GITLAB_TOKEN",
        "gl[a-z]{2,6}-|GR1348941",
        r"(?:gl(?:pat|rt|cbt|ptt|dt|ft|imt|agent|oas|soat|ffct)-[\w-]{20,80}(?:\.[\w-]{2,40}){0,2}|GR1348941[\w-]{20})",
    ),
    ("BITBUCKET_TOKEN", "ATBB", r"ATBB[A-Za-z0-9]{24,32}"),
    ("NPM_TOKEN", "npm_", r"npm_[A-Za-z0-9]{36}"),
    ("PYPI_TOKEN", "pypi-", r"pypi-AgE[\w-]{50,512}"),
    ("RUBYGEMS_KEY", "rubygems_", r"rubygems_[0-9a-f]{48}"),
    ("DOCKER_TOKEN", "dckr_", r"dckr_[po]at_[\w-]{20,64}"),
    ("ARTIFACTORY_KEY", "AKCp|cmVmd", r"(?:AKCp[A-Za-z0-9]{60,80}|cmVmd[A-Za-z0-9]{59})"),
    ("SOURCEGRAPH_TOKEN", "sgp_", r"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}"),
    ("SENTRY_TOKEN", "sntry[su]_", r"(?:sntrys_eyJ[\w+/=]{40,512}|sntryu_[0-9a-f]{64})"),
    ("POSTMAN_KEY", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    (
        "GRAFANA_TOKEN",
        "glc_|glsa_",
        r"(?:glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8})",
    ),
    ("NEW_RELIC_KEY", "NRAK-|NRII-", r"(?:NRAK-[A-Z0-9]{27}|NRII-[\w-]{32})"),
    # Messages and mail
    (
        "SLACK_TOKEN",
        "xox|xapp-",
        r"(?:(?:xoxe\.)?xox[abceoprs]-[\w-]{20,512}|xapp-\d-[A-Z0-9]{6,14}-\d{8,16}-[0-9a-fA-F]{32,80})",
    ),
    (
        "SLACK_WEBHOOK",
        "hooks\\.slack",
        r"(?:https://)?hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{30,80}",
    ),
    ("DISCORD_TOKEN", r"\.[\w-]{6}\.[\w-]{27}", r"[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,40}"),
    (
        "DISCORD_WEBHOOK",
        "/api/webhooks/",
        r"(?:https://)?(?:\w{1,20}\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{40,80}",
    ),
    ("TELEGRAM_TOKEN", ":A[A-F]", r"\d{7,11}:A[A-F][\w-]{32,34}"),
    ("TWILIO_KEY", "SK[0-9a-f]{8}", r"SK[0-9a-f]{32}"),
    ("SENDGRID_KEY", "SG\\.", r"SG\.[\w-]{16,32}\.[\w-]{32,64}"),
    ("MAILGUN_KEY", "key-|pubkey-", r"(?:pub)?key-[0-9a-f]{32}"),
    ("MAILCHIMP_KEY", "-us\\d", r"[0-9a-f]{32}-us\d{1,2}"),
    ("BREVO_KEY", "xkeysib-|xsmtpsib-", r"x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    # Money and shops
    (
        "STRIPE_KEY",
        "[sr]k_(?:live|test|prod)|whsec_",
        r"(?:[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}|whsec_[A-Za-z0-9+/=]{24,64})",
    ),
    ("SQUARE_TOKEN", "sq0|EAAA", r"(?:sq0[a-z]{3}-[\w-]{22,43}|EAAA[\w-]{60})"),
    ("SHOPIFY_TOKEN", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    (
        "PLAID_TOKEN",
        "access-",
        r"access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
    ("FLUTTERWAVE_KEY", "FLW", r"FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-zA-Z]{12,40}(?:-X)?"),
    ("EASYPOST_KEY", "EZ[AT]K", r"EZ[AT]K[A-Za-z0-9]{54}"),
    # Work
    ("ATLASSIAN_TOKEN", "ATATT3", r"ATATT3[\w=-]{60,256}"),
    ("NOTION_TOKEN", "ntn_|secret_", r"(?:ntn_\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43})"),
    ("LINEAR_KEY", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}"),
    ("FIGMA_TOKEN", "figd_|figu_", r"fig[du]_[\w-]{40,64}"),
    ("AIRTABLE_TOKEN", "pat[A-Za-z0-9]{14}", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("HUBSPOT_TOKEN", "pat-", r"pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("DROPBOX_TOKEN", "sl\\.", r"sl\.(?:u\.)?[\w-]{100,1300}"),
    ("MAPBOX_TOKEN", "sk\\.eyJ", r"sk\.eyJ[\w-]{40,200}\.[\w-]{20,32}"),
    ("FACEBOOK_TOKEN", "EAA", r"EAA[MC]?[A-Za-z0-9]{90,300}"),
    ("PREFECT_KEY", "pn[ub]_", r"pn[ub]_[A-Za-z0-9]{36}"),
    ("README_KEY", "rdme_", r"rdme_[a-z0-9]{70}"),
    ("TYPEFORM_TOKEN", "tfp_", r"tfp_[\w.=-]{40,80}"),
    ("CONTENTFUL_TOKEN", "CFPAT-", r"CFPAT-[\w-]{40,64}"),
    ("INFRACOST_KEY", "ico-", r"ico-[A-Za-z0-9]{32}"),
    ("SETTLEMINT_TOKEN", "sm_[pas]at_", r"sm_[pas]at_[A-Za-z0-9]{16}"),
    ("AGE_KEY", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    ("CLOJARS_TOKEN", "CLOJARS_", r"(?i:CLOJARS_[a-z0-9]{60})"),
)
