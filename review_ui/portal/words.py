"""What the terms of a consent are called on the pages of the person who gives it."""

from collections.abc import Iterable, Mapping

from consent_registry.api import Context, Mode, Purpose, Scope, Trait

PURPOSES: Mapping[Purpose, str] = {
    Purpose.PERSONAL: "personal: for friends, family, fun",
    Purpose.EDITORIAL: "editorial: news and commentary",
    Purpose.EDUCATIONAL: "education",
    Purpose.ARTISTIC: "art",
    Purpose.COMMERCIAL: "commercial: advertising and products",
    Purpose.POLITICAL: "political",
    Purpose.MEDICAL: "medical",
    Purpose.SEXUAL: "sexual",
}
MODES: Mapping[Mode, tuple[str, str]] = {
    Mode.AUTOMATIC: ("Go ahead without asking me", "I am told of every video and can take it back."),
    Mode.ASK: ("Ask me each time, before anything is made", "I see who asks and what for. No answer is a no."),
    Mode.PREVIEW: (
        "Show me each video first",
        "Nobody gets it until I have watched it and said yes. No answer is a no.",
    ),
}
CONTEXTS: Mapping[Context, str] = {
    Context.POLITICAL: "politics",
    Context.RELIGIOUS: "religion",
    Context.SEXUAL: "sex or nudity",
    Context.VIOLENT: "violence",
    Context.MEDICAL: "illness and medicine",
    Context.CRIMINAL: "crime",
    Context.SUBSTANCES: "drugs, alcohol, tobacco",
    Context.DEGRADING: "anything degrading",
    Context.WEAPONS: "weapons",
    Context.GAMBLING: "gambling",
    Context.ADVERTISING: "advertising",
    Context.ROMANCE: "romance",
    Context.COMEDY: "comedy",
}
TRAITS: Mapping[Trait, str] = {
    Trait.AGE: "my age",
    Trait.BODY: "my body",
    Trait.CLOTHING: "my clothes",
    Trait.HAIR: "my hair",
    Trait.SKIN: "my skin",
    Trait.SEX: "my sex",
    Trait.INJURY: "injuries",
}
CLOSED = tuple(context for context in CONTEXTS if not Scope().opens(context))
"""Contexts that are closed until a consent opens them."""
OPEN = tuple(context for context in CONTEXTS if Scope().opens(context))
"""Contexts that are open until a consent closes them."""


def purpose(name: str) -> str:
    """What something is for, in words; a name that is not known as it is."""
    return PURPOSES[Purpose(name)] if name in set(Purpose) else name


def context(name: str) -> str:
    """What somebody is shown in, in words; a name that is not known as it is."""
    return CONTEXTS[Context(name)] if name in set(Context) else name


def listed(words: Iterable[str]) -> str:
    """As "a, b and c"; empty where there is nothing."""
    found = list(words)
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def scope_lines(scope: Scope) -> tuple[tuple[str, str], ...]:
    """A scope as pairs of what it speaks of and what it says, in the second person; what limits nothing is left out."""
    yours = [TRAITS[trait].replace("my ", "your ") for trait in TRAITS if trait in scope.fixed]
    opened = [CONTEXTS[one] for one in CLOSED if scope.opens(one)]
    closed = [CONTEXTS[one] for one in CONTEXTS if not scope.opens(one)]
    lines = (
        ("For", listed(PURPOSES[one].partition(":")[0] for one in PURPOSES if one in scope.purposes) + " use"),
        ("May show you in", listed(opened)),
        ("Never shows you in", listed(closed)),
        ("Never says", listed(f"“{phrase}”" for phrase in scope.unsaid)),
        ("Stays as it is", listed(yours)),
        ("Shown in", listed(sorted(scope.territories))),
        ("Spoken in", listed(sorted(scope.languages))),
    )
    return tuple((name, said) for name, said in lines if said)
