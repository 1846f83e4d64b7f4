"""Build what is released, and refuse it unless it is what it should be: ``tox -e release``.

    python tools/release.py [FOLDER]

The wheel and the sdist are built twice, which has to give the same bytes. `twine` and `check-wheel-contents` judge
them. Then the wheel is installed where nothing else is, in an environment of each Python that is found, and the bill of
materials (CycloneDX) lists what came along. All of it ends in FOLDER, ``dist`` by default.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TRIAL = """
from beluga import __version__, retry
assert retry(lambda: 42)() == 42
print(__version__)
"""


def run(*command):
    """Run a command, from a folder where no checkout can be imported; return what it prints."""
    done = subprocess.run(command, cwd=tempfile.gettempdir(), check=False, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def built(folder):
    """Build both distributions into the folder; return their paths."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return sorted(folder.iterdir())


def tried(python, wheel, folder):
    """Install the wheel alone into a new environment and call something of it; return its Python and the version."""
    run(python, "-m", "venv", folder)
    own = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(own, "-m", "pip", "install", "--quiet", wheel)
    return own, run(own, "-c", TRIAL)


def main(folder="dist"):
    """Build, compare, judge and try; leave what is good in the folder."""
    with tempfile.TemporaryDirectory() as directory:
        first, second = (built(Path(directory, name)) for name in ("first", "second"))
        for one, other in zip(first, second, strict=True):
            if one.name != other.name or not filecmp.cmp(one, other, shallow=False):
                sys.exit(f"{one.name}: two builds of one source differ")
        run(sys.executable, "-m", "twine", "check", "--strict", *first)
        wheel = next(path for path in first if path.suffix == ".whl")
        run(sys.executable, "-m", "check_wheel_contents", wheel)
        found = [
            path for path in map(shutil.which, (f"python{version}" for version in PYTHONS)) if path and _runs(path)
        ]
        for number, python in enumerate(found or [sys.executable]):
            own, version = tried(python, wheel, Path(directory, f"clean{number}"))
            if f"-{version}-" not in wheel.name:
                sys.exit(f"{wheel.name} says that it is {version}")
            print(f"{wheel.name} works alone on {Path(python).name}")
        target = Path(folder).resolve()
        target.mkdir(exist_ok=True, parents=True)
        bill = target / wheel.with_suffix(".cdx.json").name
        run(sys.executable, "-m", "cyclonedx_py", "environment", own, "--output-file", bill)
        for path in first:
            shutil.copy(path, target)
        print(f"{target}: {', '.join(sorted(path.name for path in target.iterdir()))}")


def _runs(python):
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
