"""The wheel, installed where somebody has packages of the same names as the simulator's own."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("common", "cloud_sim", "selfhost")
TEST = """
import common.mine, selfhost, cloud_sim, tests
import wardenloop as kit


def test_both_are_there(wardenloop):
    assert common.mine.VALUE == selfhost.VALUE == cloud_sim.VALUE == tests.VALUE == 1
    acme = wardenloop.cloud.organization("Acme", seats=7)
    here = wardenloop.selfhost.create_organization(acme.download_license())
    assert here.seats == 7
    assert "site-packages" in kit.__file__
"""


def run(*command: "str | Path", cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with the wheel, and with what it needs out of the environment of this run."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(*build, cwd=folder)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    [wheel] = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv" / "bin" / "python"), "--quiet"]
    run(*pip, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel), cwd=folder)
    return folder


def test_a_project_with_packages_of_the_same_names(environment: Path, tmp_path: Path) -> None:
    for name in (*OURS, "tests"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("VALUE = 1\n")
    (tmp_path / "common" / "mine.py").write_text("VALUE = 1\n")
    (tmp_path / "conftest.py").write_text("")
    (tmp_path / "tests" / "test_it.py").write_text(TEST)
    python = environment / "venv" / "bin" / "python"
    quick = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
    assert "1 passed" in run(python, "-m", "pytest", *quick, cwd=tmp_path)
    command = environment / "venv" / "bin" / "wardenloop"
    payload = Path(run(command, "payload-path", cwd=tmp_path).strip())
    assert {path.name for path in payload.iterdir()} - {"noble-hashes"} == set(OURS)
    line = [str(python), "-P", "-c", "import cloud_sim.settings; print(cloud_sim.settings.__file__)"]
    shown = subprocess.run(line, env={"PYTHONPATH": str(payload)}, capture_output=True, text=True, check=True).stdout
    assert Path(shown.strip()).is_relative_to(payload)
    _take_out(environment)


def _take_out(environment: Path) -> None:
    """Nothing is left but what Python and pytest keep of modules that they have read."""
    [packages] = (environment / "venv" / "lib").glob("python*/site-packages")
    added = {path.name for path in packages.iterdir()}
    assert {name for name in added if not name.endswith((".pth", ".dist-info"))} - {"__pycache__"} == {"wardenloop"}
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "venv" / "bin" / "python"), "--quiet"]
    run(*pip, "uninstall", "-y", "wardenloop", cwd=environment)
    left = [path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path.name for path in left] == ["others.pth"]
