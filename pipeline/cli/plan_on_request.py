"""Writes a plan on the merge request of this job."""

from pipeline.cli.output import warn
from pipeline.core.errors import ForgeRefused, ForgeUnreachable, UsageProblem
from pipeline.core.messages import Note
from pipeline.core.plan_note import plan_note
from pipeline.engine.preview import Preview
from pipeline.workshop import Workshop


def write_note(shop: Workshop, found: Preview) -> None:
    """Write the plan on the merge request, in place of an earlier one of this stage.

    If GitLab does not take it, there is a warning on stderr: the plan is on stdout all the same. Raises
    UsageProblem outside a job of a merge request, or without a token.
    """
    if shop.forge is None or shop.job is None or not shop.job.merge_request:
        missing = "STAGEGATE_GITLAB_TOKEN" if shop.forge is None else "CI_MERGE_REQUEST_IID"
        raise UsageProblem(
            "there is no merge request to write the plan on",
            where=f"the variable {missing}",
            why="--note is for the jobs of merge requests that have a token",
            next="docs/gitlab.md",
        )
    body = plan_note(found.stage, found.release, found.decision, found.plan, found.digest)
    note = Note(f"plan of {found.stage}", shop.job.commit, body, shop.job.merge_request)
    try:
        shop.forge.put_note(note)
    except (ForgeRefused, ForgeUnreachable) as trouble:
        warn(f"the plan is not on merge request {note.request}: {'; '.join(trouble.lines())}")
