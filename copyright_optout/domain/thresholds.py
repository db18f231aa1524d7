"""From where on pictures, videos and sounds are taken for claimed ones: values of a calibration file."""

from collections.abc import Mapping
from dataclasses import dataclass

from copyright_optout.domain.prints import (
    LEAST_PICTURES,
    LEAST_QUALITY,
    LEAST_SECONDS,
    LEAST_SHARE,
    LEAST_SPOTS,
    MATCH_DISTANCE,
    UNSURE_DISTANCE,
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What recognition goes by.

    Attributes:
        match_distance: PDQ bits of 256 up to which two pictures are one.
        unsure_distance: bits up to which a person must look.
        least_quality: PDQ quality, 0 to 100, below which a picture is not compared.
        least_share: share of frames, of either video, from which they are one.
        least_pictures: different pictures of a claimed video that make a match, whatever its share.
        least_spots: windows round spots of one picture that make a match; one is for a person.
        least_seconds: of a claimed sound that make a match; less is for a person.
        digest: of the calibration file, SHA-256, hex; empty for the defaults.
    """

    match_distance: int = MATCH_DISTANCE
    unsure_distance: int = UNSURE_DISTANCE
    least_quality: int = LEAST_QUALITY
    least_share: float = LEAST_SHARE
    least_pictures: int = LEAST_PICTURES
    least_seconds: float = LEAST_SECONDS
    least_spots: int = LEAST_SPOTS
    digest: str = ""

    @property
    def made_with(self) -> Mapping[str, str]:
        """For the record of a decision."""
        said = {
            "optout:hash": "pdq",
            "optout:match_distance": str(self.match_distance),
            "optout:unsure_distance": str(self.unsure_distance),
            "optout:least_quality": str(self.least_quality),
            "optout:least_share": str(self.least_share),
            "optout:least_pictures": str(self.least_pictures),
            "optout:least_seconds": str(self.least_seconds),
            "optout:least_spots": str(self.least_spots),
        }
        return said | ({"optout:calibration": self.digest} if self.digest else {})
