"""Questions about claims, answered in workers as all of a claim's code is."""

from collections.abc import Mapping

from equivalences.catalogue import Entry
from equivalences.language.evidence import Json
from equivalences.verification.engine import Settings, request_for, root_of
from equivalences.verification.pool import Pool
from equivalences.verification.result import Failure


def ask(
    kind: str, questions: Mapping[str, Json], entries: Mapping[str, Entry], settings: Settings
) -> dict[str, Json | Failure]:
    """The workers' answers by id, or why there is none; a question is what a request has besides its claim."""
    answers: dict[str, Json | Failure] = {}
    with Pool(settings.jobs) as pool:
        for identifier, question in questions.items():
            entry = entries[identifier]
            request = {**request_for(entry, kind, settings), **question}
            pool.submit(identifier, request, seconds=settings.timeout, root=root_of(entry))
        while pool.is_busy():
            answers |= {reply.key: reply.answer for reply in pool.wait(1.0)}
    return answers
