"""Content credentials: whose key signs, and whom we believe."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from placet.wiring.kernel import Kernel
from placet.wiring.trust import anchors_in, build_trust, pem_in
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.settings import Settings
from watermark.adapters.c2pa_reading import SandboxedReader
from watermark.adapters.c2pa_signing import C2paSigner
from watermark.adapters.certificates import DevelopmentAuthority
from watermark.adapters.signing_keys.chain import check_identity
from watermark.adapters.signing_keys.files import FileKeys
from watermark.adapters.signing_keys.former import FormerAnchors
from watermark.adapters.signing_keys.pkcs11 import Pkcs11Key, Pkcs11Token
from watermark.adapters.signing_keys.requests import make_key_file, make_request
from watermark.api import CredentialProfile, CredentialService, TrustAnchors
from watermark.domain.credential_keys import IdentityState, KeyReason, RequestSubject
from watermark.ports.credentials import CredentialKey


def build_credentials(kernel: Kernel) -> tuple[CredentialService, CredentialService]:
    """Content credentials: for what we make, and for files that strangers send, which wait in a sandbox apart.

    Raises:
        Broken: no signing certificate in production, or one that cannot be used.
        InvalidInput: the certificate is not one for signing claims, a file cannot be read, or the time-stamp
            authority's address is none.
    """
    settings = kernel.settings
    profile = CredentialProfile()
    key = build_signing_key(kernel)
    check_identity(key(), kernel.clock.now(), production=settings.environment == "production")
    stamps = anchors_in(settings.tsa_anchors, "tsa_anchors")
    listed = build_trust(settings).load().anchors
    signer = C2paSigner(
        key,
        profile,
        tsa_url=_authority(settings.tsa_url),
        stamps=stamps,
        listed=listed,
        former=FormerAnchors(settings.data_dir / "certificates" / "former"),
    )
    anchors = TrustAnchors(anchors_in(settings.trust_anchors, "trust_anchors"), stamps).joined(listed)

    def reading_in(sandbox: Sandbox) -> CredentialService:
        return CredentialService(signer, SandboxedReader(sandbox), profile, anchors)

    return reading_in(kernel.sandbox), reading_in(kernel.strangers)


def build_signing_key(kernel: Kernel) -> Callable[[], CredentialKey]:
    """Gives the key to sign with, whenever it is asked: renewed files are taken up.

    Raises:
        Broken: there is none, in production: nobody could trust what a development one signs.
        InvalidInput: there is a certificate without a key, or a key file without its certificate; or one of them
            cannot be read.
    """
    settings = kernel.settings
    production = settings.environment == "production"
    token = build_token(settings)
    if settings.signing_chain is not None and token is not None:
        held = Pkcs11Key(token, settings.pkcs11_key, pem_in(settings.signing_chain, "signing_chain"))
        return lambda: held
    if settings.signing_chain is not None and settings.signing_key is not None:
        return FileKeys(settings.signing_chain, settings.signing_key, kernel.clock, production=production).identity
    if production:
        raise Broken("production needs PLACET_SIGNING_CHAIN and a key to go with it", code=KeyReason.DEVELOPMENT)
    if settings.signing_chain is not None or settings.signing_key is not None:
        # Half of an identity is a mistake, and a development certificate in its place would hide it.
        raise InvalidInput(
            "a signing certificate needs its key, and a key its certificate",
            code=KeyReason.UNUSABLE,
            field="signing_chain" if settings.signing_chain is None else "signing_key",
        )
    return DevelopmentAuthority(settings.data_dir / "certificates", kernel.clock).identity


def request_certificate(settings: Settings, subject: RequestSubject, key_file: Path | None) -> str:
    """Make a signing key, in a file or in the token of the settings, and give the request for its certificate, PEM.

    Raises:
        InvalidInput: there is neither a file nor a token, or the subject cannot be written.
        Conflict: there is such a key already.
    """
    if key_file is not None:
        return make_request(subject, make_key_file(key_file))
    token = build_token(settings)
    if token is None:
        raise InvalidInput("say --key FILE, or name a token in the settings", field="--key")
    token.generate(settings.pkcs11_key)
    return make_request(subject, token.private_key(settings.pkcs11_key))


def signing_state(kernel: Kernel) -> IdentityState:
    """Whose certificate signs, and for how long it can be used.

    Raises:
        Broken: it cannot be used now.
        InvalidInput: it is not one for signing claims.
    """
    production = kernel.settings.environment == "production"
    return check_identity(build_signing_key(kernel)(), kernel.clock.now(), production=production)


def build_token(settings: Settings) -> Pkcs11Token | None:
    """The PKCS#11 token that the settings name; None where they name none."""
    if settings.pkcs11_module is None:
        return None
    return Pkcs11Token(settings.pkcs11_module, settings.pkcs11_token, settings.pkcs11_pin.get_secret_value())


def _authority(url: str) -> str | None:
    """Checked at start: c2pa refuses what is no address only when a finished video is to be signed."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput("the address of the time-stamp authority is not one of http or https", field="tsa_url")
    return url
