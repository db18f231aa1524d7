"""Runs the demo from end to end and says whether everything went as it ought to."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from placet.demo import files
from placet.demo.cast import Cast, gather
from placet.demo.deployment import Deployment, deployed, shared_model_cache
from placet.demo.people import write_assets
from placet.demo.report import keep_still, write_report
from placet.demo.scenes import ALLOWED, CHECKS, STOPPED, Outcome, ask, await_end, revoke_and_try_again, verify

Say = Callable[[str], None]


def run(out: Path, say: Say) -> bool:
    """Run every scene; leaves videos and a report under `out`. True if all went as it ought to.

    Args:
        out: emptied first.
        say: told of progress.
    """
    started = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    say("drawing people, voices and a character")
    assets = dict(write_assets(out / "assets", shared_model_cache()))
    assets["fennimore-copy"] = _copied(assets, out / "assets" / "fennimore-copy.jpg")
    with deployed(out / "data", say) as deployment:
        say(f"serving on {deployment.url}; enrolling, blocking, opting out")
        cast = gather(deployment, assets)
        scenes = _scenes(cast, assets, out, say)
        checks = _checks(cast, scenes, out, say)
        sound = _ledger(deployment, say)
    elapsed = time.monotonic() - started
    report = write_report(out, scenes, checks, elapsed)
    _tell(scenes, checks, say)
    say(f"\n{elapsed:.0f} s; videos and pictures: {out}/, report: {report}")
    return sound and all(outcome.as_expected for outcome in (*scenes, *checks))


def _scenes(cast: Cast, assets: Mapping[str, Path], out: Path, say: Say) -> list[Outcome]:
    say("asking for what must not be made")
    stopped = [_told(await_end(cast, request, *ask(cast, request, assets)), say) for request in STOPPED]
    say("asking for what may be made")
    asked = [(request, *ask(cast, request, assets)) for request in ALLOWED]
    made = [_told(await_end(cast, *one), say) for one in asked]
    for outcome in made:
        if outcome.got == "allowed":
            _keep(cast, outcome, out)
    say("Bruno revokes")
    after = [_told(outcome, say) for outcome in revoke_and_try_again(cast, made[1], assets)]
    return [*made, *stopped, *after]


def _told(outcome: Outcome, say: Say) -> Outcome:
    say(f"  {outcome.got:9} {outcome.title}")
    return outcome


def _keep(cast: Cast, outcome: Outcome, out: Path) -> None:
    name = outcome.title.lower().replace(" ", "-").replace(",", "")
    content = f"/v1/videos/{outcome.video_id}/content"
    (out / f"{name}.mp4").write_bytes(cast.ada.http.get(content).raise_for_status().content)
    still = cast.ada.http.get(content, params={"variant": "thumbnail"}).raise_for_status().content
    outcome.picture = keep_still(still, out / f"{name}.jpg", publishable=outcome.publishable)


def _checks(cast: Cast, scenes: list[Outcome], out: Path, say: Say) -> list[Outcome]:
    say("taking the result apart")
    released = out / (scenes[0].title.lower().replace(" ", "-").replace(",", "") + ".mp4")
    if not released.exists():
        return []
    checks = []
    for check in CHECKS:
        outcome = verify(cast, check, released, out)
        say(f"  {outcome.title}: {outcome.message}")
        checks.append(outcome)
    return checks


def _ledger(deployment: Deployment, say: Say) -> bool:
    audit = deployment.house.kernel.ledger.verify()
    say(f"the public record: {audit.size} entries, {'every hash holds' if audit.ok else 'BROKEN'}")
    return audit.ok


def _copied(assets: Mapping[str, Path], target: Path) -> Path:
    """A picture of the character as copies go: smaller, a little cropped, saved as JPEG."""
    return files.copied_picture(assets[min(name for name in assets if name.startswith("fennimore-"))], target)


def _tell(scenes: list[Outcome], checks: list[Outcome], say: Say) -> None:
    say("")
    width = max(len(outcome.title) for outcome in (*scenes, *checks))
    for outcome in scenes:
        sign = "ok " if outcome.as_expected else "NO "
        say(f"{sign} {outcome.title:{width}}  {outcome.got:9}  {', '.join(outcome.reasons)}")
    say("")
    for outcome in checks:
        sign = "ok " if outcome.as_expected else "NO "
        say(f"{sign} {outcome.title:{width}}  {outcome.got}")
