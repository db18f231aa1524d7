"""Every setting, read from the environment (``PLACET_…``) or a `.env` file, and nowhere else.

Only `placet` reads settings. `docs/operations.md` explains each; a test holds the two together.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One deployment."""

    model_config = SettingsConfigDict(env_prefix="PLACET_", env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = "development"
    """Production refuses to start without a signing certificate and sends cookies over https only."""
    data_dir: Path = Path("placet-data")
    """Where the embedded defaults keep everything: database, media, keys, certificates, models."""
    model_cache: Path | None = None
    """Where model packs are kept; in the data directory unless told otherwise, so that deployments can share them."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite in the data directory."""
    broker_url: str = "memory://"
    """Celery broker; `memory://` runs the worker inside the server's process."""
    public_url: str = "http://127.0.0.1:8080"
    """Where people and clients reach this deployment."""
    branding_name: str = "Placet"
    """Name in page titles."""
    branding_likeness_term: str = "likeness"
    """What users see where the code says cameo."""
    visible_label: str = "AI · placet"
    """Text of the moving visible mark."""
    visible_logo: Path | None = None
    """PNG file drawn in front of that text, best with an alpha channel."""
    jurisdictions: tuple[str, ...] = ("eu", "us-ca")
    """Whose rules on disclosure are followed: `eu`, `us-ca`, `cn`; the baseline, `world`, always is."""
    provider_name: str = "Placet"
    """Who provides this system, as metadata and credentials state it."""
    opening_text: str = ""
    """Words of the label at the start, where a jurisdiction asks for one; empty: the jurisdictions' own."""
    content_producer: str = ""
    """China: code of the content's producer; empty: the provider's name."""
    content_propagator: str = ""
    """China: code of whoever distributes the content; empty: left to them."""
    ledger_origin: str = "placet.local/ledger"
    """Origin line of the ledger's checkpoints."""
    backend: Literal["animatic", "diffusers"] = "animatic"
    """Which backend makes the videos."""
    backend_pipeline: Path | None = None
    """Directory of a diffusers pipeline."""
    model_aliases: tuple[str, ...] = ("sora-2", "sora-2-pro")
    """Further model names that clients may send; they all mean the configured backend."""
    sizes: tuple[str, ...] = ("720x1280", "1280x720", "1024x1792", "1792x1024", "640x360", "360x640")
    """Sizes that may be asked for."""
    max_seconds: int = Field(default=10, ge=1, le=120)
    """Longest video that may be asked for."""
    max_reference_seconds: float = 10.0
    """Longest video or sound that may be handed in."""
    max_reference_bytes: int = 50_000_000
    """Largest input reference."""
    max_verify_bytes: int = 2_000_000_000
    """Largest file that may be verified."""
    max_verify_seconds: float = 14_400.0
    """Longest video whose marks are looked for."""
    verify_per_minute: int = Field(default=20, ge=1)
    """Files that one address may have verified in a minute."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose word about a client's address is believed (X-Forwarded-For)."""
    links_per_minute: int = Field(default=240, ge=1)
    """Requests that one address may make by share links in a minute; a player asks for a video in many pieces."""
    report_days: int = Field(default=30, ge=1)
    """How long an answer that somebody asked to keep stands under its link, and what people say of answers."""
    feedback_address: str = ""
    """E-mail address shown beside an answer; empty: none."""
    max_pixels: int = 40_000_000
    """Most pixels of a picture or frame."""
    decode_seconds: float = 30.0
    """Wall-clock time for decoding one medium."""
    gate_seconds: float = 60.0
    """Time for one gate, after which it counts as unavailable."""
    keep_media_hours: float = 72.0
    """How long refused, deleted and withdrawn cases keep their media, for appeals."""
    appeal_days: int = Field(default=7, ge=1, le=60)
    """How long staff have to answer an appeal; what is not answered then is put before the administrators."""
    lease_seconds: float = 30.0
    """How long a silent worker keeps a case."""
    sweep_seconds: float = 5.0
    """Time between sweeps for abandoned cases."""
    max_attempts: int = 5
    """Workers that may fail on a case before it is given up."""
    approval_hours: float = Field(default=72.0, gt=0)
    """How long somebody has to answer when a use of their likeness asks for their yes; silence is a no."""
    daily_uses: int | None = Field(default=None, ge=0)
    """Videos with other people's likeness that one account may release in 24 hours; any number where not set."""
    teen_daily_uses: int | None = Field(default=20, ge=0)
    """The same for accounts of people who are 13 to 17. Children release none."""
    enrolment_age: int = Field(default=18, ge=13)
    """Years that somebody must have for their likeness to be enrolled."""
    guardian_enrolment: bool = False
    """Whether a verified guardian may approve the enrolment of somebody from 13 to that age."""
    enrolment_days: int = Field(default=14, ge=1, le=14)
    """How long an enrolment waits, sealed, for staff or a guardian."""
    outage_hours: float = 24.0
    """How long a case waits for what does not answer, a time-stamp authority for example, before it is given up."""
    worker_threads: int = Field(default=2, ge=1)
    """Cases that one worker process runs side by side."""
    signing_chain: Path | None = None
    """PEM file of the claim-signing certificate and its chain; none: a development certificate made on first use."""
    signing_key: Path | None = None
    """PEM file of the private key that belongs to it."""
    pkcs11_module: Path | None = None
    """Library of a PKCS#11 token that holds the signing key, in place of a key file."""
    pkcs11_token: str = ""
    """Label of that token."""
    pkcs11_key: str = ""
    """Label of the key on it."""
    pkcs11_pin: SecretStr = SecretStr("")
    """PIN of the token's user."""
    tsa_url: str = ""
    """RFC 3161 time-stamping service; empty: signatures carry no time-stamp."""
    trust_anchors: Path | None = None
    """PEM file of further roots whose claim signers verification trusts."""
    tsa_anchors: Path | None = None
    """PEM file of roots whose time-stamps verification trusts."""
    face_pack: str = "face-dlib-resnet"
    """Model pack that makes face templates: one that ships, or one added by `placet models add`."""
    voice_pack: str = "voice-ge2e"
    """Model pack that makes voice templates."""
    detector_pack: str = ""
    """Model pack that finds faces; empty: dlib and MTCNN together."""
    liveness_pack: str = ""
    """Model pack that tells a living face from a picture of one; empty: none."""
    looks_pack: str = ""
    """Model pack that tells how characters look, so that look-alikes of claimed ones are held; empty: none."""
    index_folder: Path | None = None
    """Folder where large tables of fingerprints are mapped from files; none: in memory."""
    picture_calibration: Path | None = None
    """Calibration file of the matcher for pictures, videos and sounds; none: the one that ships."""
    vector_index: Literal["faiss", "pgvector", "milvus"] = "faiss"
    """Where templates are searched: in each process, in PostgreSQL, or in a Milvus cluster."""
    vector_url: str = ""
    """PostgreSQL for `pgvector`; empty: the database's own."""
    milvus_uri: str = ""
    """Address of Milvus, or a file for milvus-lite."""
    milvus_token: SecretStr = SecretStr("")
    """Token for Milvus."""
    flood_share: float = Field(default=0.01, gt=0, le=1)
    """Share of requests above which a claim is quarantined until staff have looked, in place of stopping them."""
    flood_requests: int = Field(default=1000, ge=1)
    """Requests that there must have been for that share to say anything."""
    flood_days: int = Field(default=7, ge=1, le=90)
    """Days that are looked back at before a claim takes effect."""
    match_descriptions: bool = True
    """Whether prompts are compared with what claims describe."""
    read_pictures: bool = True
    """Whether text in pictures and frames is read and searched for names."""
    listen: Literal["nothing", "words", "names"] = "words"
    """What is listened for in sound: words that the people in it do not want to say, protected names as well."""
    designated_agent: str = ""
    """Name and address of the agent for notices, as registered with the Copyright Office; shown on the notice page."""
    notices_act_by_themselves: bool = True
    """Whether a notice is followed at the last moment where nobody decided: 47 U.S.C. 223a leaves 48 hours."""
    notice_decide_hours: float = Field(default=72.0, gt=0)
    """In which staff should decide about a notice where the law says no figure."""
    notice_warning_hours: float = Field(default=12.0, gt=0)
    """How long before something about a notice runs out staff are told."""
    notice_keep_days: int = Field(default=1095, ge=1)
    """How long what was written in a notice is kept after it ended; a claim can be brought for three years."""
    notices_per_minute: int = Field(default=10, ge=1)
    """Requests about notices that one address may make in a minute without an account."""
    fetch_hosts: tuple[str, ...] = ()
    """Hosts exempt from the rule that image_url may only reach public addresses: an operator's own media server."""
    smtp_host: str = ""
    """Mail server that notices are handed to; empty: no e-mails."""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    """Its port."""
    smtp_security: Literal["tls", "starttls", "none"] = "starttls"
    """How the conversation with it is kept secret; without it nobody signs in."""
    smtp_user: str = ""
    """Name to sign in with; empty: nobody signs in."""
    smtp_password: SecretStr = SecretStr("")
    """Password to sign in with."""
    mail_from: str = ""
    """Address that e-mails come from."""
    watermark_adapter: Literal["spread-spectrum", "rivagan"] = "spread-spectrum"
    """Which invisible mark is woven in; `rivagan` is that of invisible-watermark, an extra, far slower."""

    @property
    def effective_database_url(self) -> str:
        """The database in use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'placet.db'}"

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The trusted proxies' networks; raises ValueError where one cannot be read."""
        return tuple(ip_network(network) for network in self.trusted_proxies)

    @property
    def effective_model_cache(self) -> Path:
        """The model cache in use."""
        return self.model_cache or self.data_dir / "models"
