"""What somebody or something is shown in or with: one list for those who consent and for those who claim."""

from enum import StrEnum


class Context(StrEnum):
    """What a person, character or work is shown in or with."""

    POLITICAL = "political"
    RELIGIOUS = "religious"
    SEXUAL = "sexual"
    VIOLENT = "violent"
    MEDICAL = "medical"
    CRIMINAL = "criminal"
    SUBSTANCES = "substances"
    DEGRADING = "degrading"
    WEAPONS = "weapons"
    GAMBLING = "gambling"
    ADVERTISING = "advertising"
    ROMANCE = "romance"
    COMEDY = "comedy"
