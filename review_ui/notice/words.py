"""What the notice page and its mails say, in every language that notices are taken in.

Same mechanism as the verify page's words: a JSON object a language, code to sentence with places.
"""

import json
from functools import lru_cache
from importlib import resources

from generator_gateway.api import LANGUAGES, Wording


@lru_cache(maxsize=len(LANGUAGES))
def notice_page_words(language: str = LANGUAGES[0]) -> Wording:
    """The words of a language; of the first one where it is not spoken here."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    text = resources.files(__name__.rpartition(".")[0]).joinpath(f"{spoken}.json").read_text("utf-8")
    return Wording(spoken, json.loads(text))


def letter(language: str, state: str, *, site: str, name: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that says where a notice stands.

    Args:
        language: of the words.
        state: of the notice.
        site: how the site calls itself.
        name: of whoever gave notice.
        link: private, to the notice.
    """
    words = notice_page_words(language)
    said = words.say(f"page:notice:state:{state}")
    values = {"site": site, "name": name, "link": link, "state": said}
    return words.say("page:notice:mail:subject", values.items()), words.say("page:notice:mail:text", values.items())
