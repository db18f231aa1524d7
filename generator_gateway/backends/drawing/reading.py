"""What a prompt asks to see, as far as an animatic can draw it."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class Ground(StrEnum):
    """Where a scene plays."""

    HILLS = "hills"
    MOUNTAINS = "mountains"
    SEA = "sea"
    CITY = "city"
    DESERT = "desert"
    FOREST = "forest"
    SNOWFIELD = "snowfield"
    ROOM = "room"
    SPACE = "space"
    DEEP = "deep"


class Hour(StrEnum):
    """When, which is to say in which light."""

    DAWN = "dawn"
    DAY = "day"
    GOLDEN = "golden"
    DUSK = "dusk"
    NIGHT = "night"
    GREY = "grey"


class Weather(StrEnum):
    """What the air does."""

    CLEAR = "clear"
    CLOUDS = "clouds"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that the prompt names.

    Attributes:
        kind: one of `props.KINDS`.
        colour: the colour word in front of it, in RGB; None where there is none.
    """

    kind: str
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A prompt, read.

    Attributes:
        props: things to draw, in the prompt's order, each kind once, at most four.
        caption: the prompt in one line, without what cannot be shown.
        key: 64-bit number from prompt and seed: everything drawn at random starts from it.
    """

    ground: Ground
    hour: Hour
    weather: Weather
    props: tuple[Named, ...]
    caption: str
    key: int


# English first, and the everyday Italian words. Earlier entries win where a prompt says both.
_GROUNDS: dict[Ground, str] = {
    Ground.DEEP: "underwater undersea reef coral seabed fish whale jellyfish submarine diver abissi sottomarino",
    Ground.SPACE: "space planet planets galaxy astronaut spaceship spacecraft orbit mars nebula stars cosmos asteroid "
    "spazio pianeta galassia astronauta",
    Ground.ROOM: "room kitchen studio office cafe library bedroom indoors interior desk sofa bar restaurant stage "
    "theatre theater classroom workshop interview talks podcast stanza cucina ufficio biblioteca teatro salotto",
    Ground.DESERT: "desert dune dunes sand sahara camel deserto",
    Ground.SNOWFIELD: "arctic antarctic iceberg glacier snowfield tundra penguin ghiacciaio",
    Ground.SEA: "sea ocean beach harbour harbor coast waves lake river boat ship sailing sail sailboat island bay surf "
    "shore lighthouse ferry mare oceano spiaggia porto lago fiume barca isola",
    Ground.CITY: "city street skyline town downtown rooftop rooftops tokyo paris london york berlin rome milan market "
    "traffic skyscraper skyscrapers neon alley bridge citta città strada roma milano torino tetti",
    Ground.FOREST: "forest wood woods trees jungle woodland pines foresta bosco alberi",
    Ground.MOUNTAINS: "mountain mountains alps peak peaks summit cliff canyon volcano montagna montagne alpi",
    Ground.HILLS: "hill hills valley field fields meadow countryside garden park farm vineyard village colline prato "
    "campo campagna giardino parco valle",
}
_HOURS: dict[Hour, str] = {
    Hour.NIGHT: "night midnight moon moonlight moonlit starry stars neon notte luna stelle",
    Hour.DUSK: "dusk sunset twilight evening nightfall tramonto crepuscolo sera",
    Hour.GOLDEN: "golden afternoon autumn fall warm pomeriggio autunno dorata",
    Hour.DAWN: "dawn sunrise morning daybreak alba mattina mattino",
    Hour.GREY: "grey gray overcast gloomy rain rainy storm stormy fog foggy mist drizzle pioggia nebbia temporale",
    Hour.DAY: "day noon midday sunny summer bright spring giorno mezzogiorno sole estate primavera",
}
_WEATHERS: dict[Weather, str] = {
    Weather.RAIN: "rain rainy storm stormy drizzle thunder pioggia temporale",
    Weather.SNOW: "snow snowy snowfall blizzard winter neve nevica inverno",
    Weather.FOG: "fog foggy mist misty haze smoke nebbia foschia",
    Weather.CLOUDS: "cloud clouds cloudy overcast grey gray nuvole",
}
_PROPS: dict[str, str] = {
    "boat": "boat boats sail sails sailing sailboat ship ferry yacht barca nave vela",
    "balloon": "balloon balloons mongolfiera palloncini",
    "birds": "bird birds gull gulls seagull seagulls swallows flock uccelli gabbiani",
    "lighthouse": "lighthouse faro",
    "house": "house cottage cabin farmhouse home hut casa baita",
    "tree": "tree oak olive lemon apple albero",
    "pine": "pine pines fir firs spruce pini",
    "palm": "palm palms tropical palma palme",
    "car": "car cars taxi drive drives driving road auto macchina",
    "train": "train railway tram locomotive treno",
    "rocket": "rocket spaceship spacecraft launch razzo",
    "windmill": "windmill mill mulino",
    "kite": "kite kites aquilone",
    "lantern": "lantern lanterns festival lanterna lanterne",
    "fire": "fire campfire bonfire flame fuoco falo",
    "fish": "fish shoal whale pesce pesci",
    "lamp": "lamp desk reading lampada",
    "plant": "plant plants flower flowers vase fiori pianta",
    "bicycle": "bicycle bike cycling cyclist bicicletta bici",
    "umbrella": "umbrella umbrellas parasol ombrello ombrellone",
}
_COLOURS = {
    "red": (208, 62, 54),
    "orange": (230, 132, 48),
    "yellow": (238, 196, 70),
    "green": (64, 138, 92),
    "teal": (38, 132, 132),
    "blue": (58, 108, 182),
    "purple": (120, 78, 158),
    "pink": (226, 122, 150),
    "white": (244, 242, 236),
    "black": (34, 36, 44),
    "golden": (224, 172, 66),
    "silver": (186, 192, 200),
}
_MOST_PROPS = 4
_Kind = TypeVar("_Kind", bound=StrEnum)


def read(prompt: str, seed: int) -> Scene:
    """Read a prompt: pure, and equal for equal prompt and seed."""
    digest = hashlib.sha256(f"{seed}\0{prompt}".encode()).digest()
    key = int.from_bytes(digest[:8], "big")
    words = re.findall(r"[^\W\d_]+", prompt.lower())
    ground = _first(words, _GROUNDS) or (Ground.HILLS, Ground.MOUNTAINS, Ground.SEA, Ground.CITY)[digest[8] % 4]
    hour = _first(words, _HOURS) or (Hour.DAWN, Hour.DAY, Hour.GOLDEN, Hour.DUSK)[digest[9] % 4]
    weather = _first(words, _WEATHERS) or (Weather.CLEAR, Weather.CLOUDS)[digest[10] % 2]
    return Scene(ground, hour, weather, _props(words), _caption(prompt), key)


def _first(words: list[str], meanings: dict[_Kind, str]) -> _Kind | None:
    said = set(words)
    return next((kind for kind, known in meanings.items() if said.intersection(known.split())), None)


def _props(words: list[str]) -> tuple[Named, ...]:
    meaning = {word: prop for prop, known in _PROPS.items() for word in known.split()}
    found: dict[str, Named] = {}
    for place, word in enumerate(words):
        if word in meaning and meaning[word] not in found:
            before = next((_COLOURS[w] for w in reversed(words[max(0, place - 2) : place]) if w in _COLOURS), None)
            found[meaning[word]] = Named(meaning[word], before)
    return tuple(found.values())[:_MOST_PROPS]


def _caption(prompt: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in prompt)
    return " ".join(shown.split())
