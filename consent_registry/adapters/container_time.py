"""When a file says that it was recorded. Runs inside the child process only (`Sandbox.call`)."""

from trust_kernel.media.containers import opened


def container_time(*, source: str, reader: str) -> dict[str, str]:
    """``{"created": ...}`` as the container has it, ISO 8601 mostly; empty where it says nothing.

    Raises:
        InvalidInput: damaged, no track, more than one of a kind, or a codec that is not taken.
    """
    with opened(source, reader) as tracks:
        said = [tracks.container.metadata, *(track.metadata for track in (tracks.video, tracks.sound) if track)]
        times = [str(one["creation_time"]) for one in said if one.get("creation_time")]
    return {"created": min(times, default="")}
