"""What reads between the lines: descriptions, text in pictures, speech. Each can be turned off."""

from generator_gateway.adapters.pocketsphinx_phrases import PocketSphinxPhrases
from generator_gateway.adapters.reading_packs import paddle_reader
from generator_gateway.gates.claims import ClaimedWorks
from generator_gateway.gates.described import DescribedGate
from generator_gateway.gates.found_names import NameBooks
from generator_gateway.gates.spelled import SpelledGate
from generator_gateway.gates.spoken import MOST_NAMES, SpokenGate
from generator_gateway.ports import Gate
from generator_gateway.ports.reading import NothingHeard, NothingRead, SpeechReader, TextReader
from placet.wiring.guards import Guards, build_models
from placet.wiring.kernel import Kernel
from trust_kernel.inference.sessions import SessionFactory


def build_reading(kernel: Kernel, guards: Guards, claimed: ClaimedWorks) -> tuple[Gate, ...]:
    """The gates of what is described, written and said."""
    settings, sessions = kernel.settings, SessionFactory()
    models = build_models(settings)
    names = NameBooks(guards.likeness, guards.optouts)
    reader: TextReader = paddle_reader(models, sessions) if settings.read_pictures else NothingRead()
    listener: SpeechReader = NothingHeard() if settings.listen == "nothing" else PocketSphinxPhrases()
    most = MOST_NAMES if settings.listen == "names" else 0
    opening = guards.disclosure.opening
    own = (settings.visible_label, *((opening.text,) if opening else ()))
    return (
        DescribedGate(guards.descriptions, claimed),
        SpelledGate(names, reader, claimed, worth_it=lambda: bool(names.some(1)), own=own),
        SpokenGate(names, listener, claimed, guards.registry, most_names=most),
    )
