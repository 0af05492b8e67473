"""What every resource says of itself (GOV-02): derived from the plan, never typed by hand."""

from __future__ import annotations

from blueprint import naming
from blueprint import plan as plans


def tags(plan: plans.Plan, subject: str, brick: str, bubble: str | None) -> dict[str, str]:
    """Name -> value. `bubble` is None for what serves several."""
    home = plan.bubble(bubble) if bubble else None
    end = home.project.end if home and home.project else None
    return {
        "Name": naming.of(plan.platform, plan.environment, *subject.split("/")),
        "rempart:platform": plan.platform,
        "rempart:environment": plan.environment,
        "rempart:subject": subject,
        "rempart:bubble": bubble or "platform",
        "rempart:brick": brick,
        "rempart:data_class": home.data_class if home else "none",
        "rempart:owner": home.owner if home else "platform",
        "rempart:project_end": end.isoformat() if end else "none",
    }
