"""The readable part of an archive: an index in two languages, and what the fields mean."""

from collections.abc import Mapping
from datetime import datetime
from html import escape

MATTERS: Mapping[str, str] = {
    "accounts": "profile",
    "ages": "profile",
    "api_keys": "profile",
    "sessions": "profile",
    "subjects": "profile",
    "appearances": "appearances",
    "cameo_media": "looks",
    "cameos": "looks",
    "challenges": "looks",
    "enrolments": "looks",
    "enrolment_media": "looks",
    "looks": "looks",
    "recording_prints": "looks",
    "renewal_asks": "looks",
    "likeness_searches": "looks",
    "case_consents": "uses",
    "grant_uses": "uses",
    "told_uses": "uses",
    "appeals": "requests",
    "appeal_voices": "requests",
    "cases": "requests",
    "case_stops": "requests",
    "consent_approvals": "approvals",
    "consent_bars": "people",
    "consent_group_members": "people",
    "consent_groups": "people",
    "counted_requesters": "people",
    "follows": "people",
    "consent_grants": "grants",
    "consent_receipts": "grants",
    "estates": "families",
    "estate_disputes": "families",
    "guardians": "families",
    "attestations": "families",
    "deliveries": "notices",
    "notice_settings": "notices",
    "outbox": "notices",
    "webhook_endpoints": "notices",
    "person_reports": "reports",
    "hidden_videos": "videos",
    "release_grants": "videos",
    "release_objections": "videos",
    "release_owners": "videos",
    "share_links": "videos",
    "optout_claims": "rights",
    "optout_counters": "rights",
    "optout_members": "rights",
    "optout_notices": "rights",
}
"""In which file of an archive a table's rows are; tables that are not here are in ``data/other.json``."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Everything about you",
        "made": "Made for @{handle} on {date}. Only you should have this file.",
        "count": "{count} entries",
        "profile": "Who you are here, and how you sign in",
        "appearances": "Videos in which you were found without having been asked",
        "looks": "Your likeness: looks, enrolments, challenges",
        "uses": "Uses of your likeness",
        "requests": "Videos that you asked for",
        "approvals": "Questions that were put to you, and your answers",
        "people": "Follows, groups, people you barred",
        "grants": "What you allowed",
        "families": "Guardians and estates",
        "notices": "What you were told, and how",
        "reports": "What you reported",
        "videos": "Your part in videos, links, objections",
        "rights": "Organisations that you act for, claims that you filed, notices",
        "other": "Anything else",
        "receipts/": "Receipts of your consents (.jws); check them with: placet receipt verify",
        "videos/": "Videos that show you or that you made; those that are out are here as files",
        "kept/": "Pictures and recordings of you that were kept because you allowed it",
        "ledger/": "What the public record says about you, under a pseudonym, with proofs",
        "templates": "Templates of your face and voice are not in here. They are numbers that only the models of this "
        "service can read, sealed under a key of your own. When you leave, the key is destroyed.",
        "others": "Other people are named by their handle, where you dealt with them, and otherwise not at all.",
        "fields": "What the fields mean",
    },
    "it": {
        "title": "Tutto ci\u00f2 che ti riguarda",
        "made": "Creato per @{handle} il {date}. Questo file dovrebbe averlo solo tu.",
        "count": "{count} voci",
        "profile": "Chi sei qui e come accedi",
        "appearances": "Video in cui sei stato trovato senza che ti fosse chiesto",
        "looks": "Il tuo aspetto: immagini, registrazioni, prove",
        "uses": "Usi del tuo aspetto",
        "requests": "Video che hai chiesto",
        "approvals": "Domande che ti sono state fatte e le tue risposte",
        "people": "Chi segui, gruppi, persone che hai escluso",
        "grants": "Ci\u00f2 che hai permesso",
        "families": "Tutori ed eredi",
        "notices": "Ci\u00f2 che ti \u00e8 stato detto e come",
        "reports": "Ci\u00f2 che hai segnalato",
        "videos": "La tua parte nei video, collegamenti, obiezioni",
        "rights": "Organizzazioni per cui agisci, rivendicazioni che hai presentato, segnalazioni",
        "other": "Tutto il resto",
        "receipts/": "Ricevute dei tuoi consensi (.jws); si controllano con: placet receipt verify",
        "videos/": "Video che ti mostrano o che hai fatto; quelli disponibili sono qui come file",
        "kept/": "Immagini e registrazioni tue, conservate perch\u00e9 lo hai permesso",
        "ledger/": "Ci\u00f2 che il registro pubblico dice di te, sotto pseudonimo, con le prove",
        "templates": "I modelli del tuo volto e della tua voce non sono qui. Sono numeri che solo i modelli di questo "
        "servizio sanno leggere, sigillati con una chiave tua. Quando te ne vai, la chiave viene distrutta.",
        "others": "Le altre persone sono indicate con il loro nome utente, se hai avuto a che fare con loro; le altre "
        "non sono nominate.",
        "fields": "Che cosa significano i campi",
    },
}

_STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}li{margin:.5rem 0}"


def index_page(language: str, handle: str, at: datetime, counts: Mapping[str, int]) -> str:
    """The first page of an archive.

    Args:
        language: "en" or "it".
        handle: whose archive it is.
        at: when it was made.
        counts: entries by file, or by folder, which ends with a slash.
    """
    words = _WORDS[language]
    lines = "\n".join(f"<li>{_line(words, place, count)}</li>" for place, count in counts.items())
    made = words["made"].format(handle=escape(handle), date=f"{at:%Y-%m-%d %H:%M} UTC")
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{words["title"]}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{words['title']}</h1>\n<p>{made}</p>\n"
        '<p><a href="index.html" lang="en">English</a> <a href="index.it.html" lang="it">Italiano</a></p>\n'
        f"<ul>\n{lines}\n</ul>\n<p>{words['templates']}</p>\n<p>{words['others']}</p>\n"
        f'<p><a href="README.md">{words["fields"]}</a></p>\n</body>\n</html>\n'
    )


def _line(words: Mapping[str, str], place: str, count: int) -> str:
    matter = place if place.endswith("/") else place.removeprefix("data/").removesuffix(".json")
    target = {"videos/": "videos/videos.json", "ledger/": "ledger/entries.json"}.get(place, place)
    return f'<a href="{target}">{words[matter]}</a> ({words["count"].format(count=count)})'


def fields_page(url: str) -> str:
    """What the fields mean, as Markdown."""
    return f"""# What the fields mean

`data/*.json` holds one list of entries for each table. Names that occur everywhere:

| field | meaning |
| --- | --- |
| `id`, `..._id` | an id of this service; the two that are yours are written out, others are replaced |
| `at`, `..._at`, `until` | moments in UTC |
| `state`, `status` | where something stands |
| `reason`, `code`, `type` | a code, `area:thing:what` |
| `modalities` | face, voice or both |
| `terms`, `scope` | what you allowed: for what, in which contexts, where, in which languages |
| `note` | your own words, or what was answered to you |

`@name` is somebody whom you dealt with, by handle; `somebody` is anybody else, staff included.

`receipts/` holds a signed receipt for each state of each grant, and the keys: `placet receipt verify FILE --jwks
receipts/jwks.json` checks one, offline. `ledger/entries.json` holds every entry of the public record about you: the
leaf, its place, and the sibling hashes (hex, RFC 6962) that lead to the root in the signed checkpoint.

Secrets are left out (password, keys, tokens, in whatever form), and so is whom you look like. Templates of face and
voice are left out: they are numbers that only this service's models can read.

Made by {url}.
"""
