import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from equivalences.verification.pool import Pool
from equivalences.verification.result import Failure
from equivalences.verification.worker import reply_to
from tests.planted import planted


def answers(*files: str, seconds: float = 10.0, jobs: int = 1) -> dict[str, Any]:
    """What workers say of files when they are asked to list their claims."""
    with Pool(jobs) as pool:
        for file in files:
            pool.submit(file, {"kind": "list", "file": file}, seconds=seconds)
        found: dict[str, Any] = {}
        while pool.is_busy():
            found |= {reply.key: reply.answer for reply in pool.wait(1.0)}
        return found


def test_claims_are_listed_as_data() -> None:
    (found,) = answers(planted("true")).values()
    assert [entry["id"] for entry in found] == ["difference-of-squares", "square-of-a-difference"]


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("claim = Claim(", "unreadable", "was never closed (claim_x.py:1)"),
        ("import nothing_of_that_name", "exception", "No module named 'nothing_of_that_name'  (claim_x.py:1)"),
        ("import sys\nsys.exit(5)", "exit", "sys.exit(5)"),
        ("import os\nos._exit(5)", "crash", "ended with status 5"),
        ("import os\nos.kill(os.getpid(), 9)", "crash", "died of SIGKILL"),
        ("import os\nos.close(1)\nos.close(2)\n1/0", "exception", "ZeroDivisionError"),
        (
            "from equivalences import Claim\nClaim('Bad Id', title='', given={}, lhs=len)",
            "unreadable",
            "an id is",
        ),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
    ],
)
def test_files_that_cannot_be_loaded_say_why(tmp_path: Path, source: str, kind: str, text: str) -> None:
    file = tmp_path / "claim_x.py"
    file.write_text(source)
    (failure,) = answers(str(file)).values()
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert text in failure.message


def test_endless_import_is_killed_at_the_deadline_and_others_finish() -> None:
    started = time.monotonic()
    found = answers(planted("loops"), planted("true"), seconds=1.0)
    assert time.monotonic() - started < 8
    failure = found[planted("loops")]
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"
    assert "claim_loops.py:" in failure.message
    assert not isinstance(found[planted("true")], Failure)


def test_whole_process_group_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    file = tmp_path / "claim_x.py"
    file.write_text(
        "import os, subprocess, time\n"
        f"open({str(mark)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))\n"
        "time.sleep(60)\n"
    )
    answers(str(file), seconds=1.5)
    assert ends(int(mark.read_text()))


def test_worker_does_not_outlive_its_parent(tmp_path: Path) -> None:
    mark, file = tmp_path / "pid", tmp_path / "claim_x.py"
    file.write_text(
        f"import os\nopen({str(mark)!r}, 'w').write(str(os.getpid()) + ' ')\nwhile True:\n    pass\n"
    )
    program = (
        "import sys; sys.path[:] = eval(sys.argv[1])\n"
        "from equivalences.verification.pool import Pool\n"
        "with Pool(1) as pool:\n"
        "    pool.submit('', {'kind': 'list', 'file': sys.argv[2]}, seconds=30)\n"
        "    pool.wait(30)\n"
        "    pool.wait(30)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, repr(sys.path), str(file)])
    while not mark.exists() or not mark.read_text().endswith(" "):
        assert parent.poll() is None
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    assert ends(int(mark.read_text()))


def ends(process: int) -> bool:
    """Whether a process is gone within two seconds."""
    state = Path(f"/proc/{process}/stat")
    for _ in range(100):
        if not state.exists() or ") Z " in state.read_text():
            return True
        time.sleep(0.02)
    return False


def test_output_of_claims_goes_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "claim_x.py"
    file.write_text("import os\nprint('loud')\nos.write(1, b'{}\\n')\nos.write(2, b'louder')\nclaims = ()\n")
    assert answers(str(file)) == {str(file): []}
    assert capfd.readouterr() == ("", "")


def test_worker_serves_many_tasks_in_one_process(tmp_path: Path) -> None:
    files = []
    for k in range(20):
        files.append(tmp_path / f"claim_{k}.py")
        files[-1].write_text(f"import os\nopen({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}} ')\n")
    answers(*map(str, files))
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 20
    assert len(set(pids)) == 1
    assert str(os.getpid()) not in pids


def test_task_that_dies_of_an_earlier_one_is_tried_in_a_new_process(tmp_path: Path) -> None:
    first, second = tmp_path / "claim_1.py", tmp_path / "claim_2.py"
    first.write_text("import os, sys\nsys.ill = True\n")
    second.write_text("import os, sys\nif hasattr(sys, 'ill'):\n    os._exit(9)\n")
    assert answers(str(first), str(second)) == {str(first): [], str(second): []}


def test_unknown_request_is_a_failure() -> None:
    reply = json.loads(reply_to({"kind": "nothing"}))
    assert reply["failure"]["kind"] == "exception"
