"""What `rempart review` says of a file that it cannot read: one message, and nothing of what is in it."""

from __future__ import annotations

import pathlib

import pytest

from cli import main
from tests.policies import runs

CANARY = "canary-77ab20"
BAD = {
    "nothing there": ("missing", None, "is not there"),
    "not JSON": ("plan.json", f"{{{CANARY}", "is not JSON"),
    "another document": ("plan.json", "{}", "neither a plan nor a state"),
    "another shape": ("plan.json", '{"resource_changes": [1]}', "is not as Terraform writes it"),
    "one file": ("main.tf", "", "give its folder"),
    "one file of OpenTofu": ("main.tofu", "", "give its folder"),
    "no resource": ("plan.json", '{"resource_changes": []}', "holds no resource"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_message(
    case: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.settle(monkeypatch, tmp_path / "work")
    name, text, says = BAD[case]
    if text is not None:
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("sys.argv", ["rempart", "review", str(tmp_path / name)])
    with pytest.raises(SystemExit) as stopped:
        main.main()
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert says in " ".join(captured.err.split())
    assert CANARY not in captured.err
    assert "Traceback" not in captured.err
