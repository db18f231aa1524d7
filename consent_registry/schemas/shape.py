"""The rule that every body follows."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """What every body here is: nothing in it that is not named."""

    model_config = ConfigDict(extra="forbid")
