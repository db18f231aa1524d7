"""What a request wants to do with somebody's likeness, in the registry's terms."""

from consent_registry.api import Context, Purpose, Use
from generator_gateway.stages import Request


def use_of(request: Request) -> Use:
    """What is declared, and the words; the registry reads for itself what the words name."""
    return Use(
        purpose=Purpose(request.purpose),
        territories=frozenset(request.territories),
        languages=frozenset(request.languages),
        contexts=frozenset(map(Context, request.contexts)),
        words=request.prompt,
    )
