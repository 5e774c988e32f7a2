"""Coverage-guided fuzzing of everything that reads foreign bytes: `python -m tests.hostile.fuzz --minutes 20`.

Each target runs in a process of its own for its share of the time, starts from its seeds and from what earlier runs
found worth keeping, and leaves what makes it fail in the folder `finds`. Targets are instrumented Python; what they
call in C is run, not measured.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

_INSIDE: Final = "--inside"
_FOLDER: Final = Path(".fuzz")
_MEMORY_MB: Final = 3_000
_SECONDS: Final = 25
_LAST: Final = re.compile(r"^(?:#|Done )(\d+)", re.MULTILINE)
_COVERED: Final = re.compile(r"cov: (\d+)")
_WORD: Final = re.compile(rb'"[a-z][A-Za-z-]{1,20}"|</?[a-z][A-Za-z]{0,20}|[a-z-]{2,20}=')
_INSTRUMENTED: Final = ("mockspark", "fontTools", "PIL")


def main() -> int:
    """Fuzz each target for its share of the time; return how many of them failed."""
    if sys.argv[1:2] == [_INSIDE]:
        _inside(sys.argv[2], sys.argv[3:])
    from tests.hostile.targets import targets

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=20)
    asked.add_argument("--folder", type=Path, default=_FOLDER)
    asked.add_argument("targets", nargs="*", help="which; all when none is named")
    told = asked.parse_args()
    chosen = told.targets or list(targets())
    seconds = max(round(told.minutes * 60 / len(chosen)), 1)
    return sum(_fuzzed(name, seconds, told.folder) for name in chosen)


def _fuzzed(name: str, seconds: int, folder: Path) -> bool:
    """Run the target called *name* and tell how it went; return whether it failed."""
    from tests.hostile.targets import targets

    target = targets()[name]
    corpus, finds = folder / target.name, folder / "finds"
    corpus.mkdir(parents=True, exist_ok=True)
    finds.mkdir(exist_ok=True)
    words: set[bytes] = set()
    for seed in target.seeds():
        words.update(_WORD.findall(seed) if target.written else ())
        (corpus / hashlib.sha256(seed).hexdigest()[:20]).write_bytes(seed)
    vocabulary = folder / f"{target.name}.dict"
    vocabulary.write_bytes(b"".join(b'"%s"\n' % word.replace(b'"', b'\\"') for word in sorted(words)))
    known = set(finds.iterdir())
    settings = (
        f"-max_total_time={seconds}",
        f"-max_len={target.longest}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-timeout={_SECONDS}",
        f"-artifact_prefix={finds}/{target.name}-",
        f"-dict={vocabulary}",
        "-print_final_stats=1",
    )
    log = folder / f"{target.name}.log"
    with log.open("wb") as out:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.hostile.fuzz", _INSIDE, target.name, *settings, str(corpus)],
            check=False,
            stdout=out,
            stderr=out,
        )
    told = log.read_text(errors="replace")
    runs, covered = _LAST.findall(told), _COVERED.findall(told)
    found = sorted(set(finds.iterdir()) - known)
    print(
        f"{target.name}: {runs[-1] if runs else 0} executions, {covered[-1] if covered else 0} branches, "
        f"{'no find' if not found and ended.returncode == 0 else f'FAILED ({ended.returncode}), see {log}'}",
        flush=True,
    )
    for find in found:
        print(f"  {find}", flush=True)
    return bool(found) or ended.returncode != 0


def _inside(name: str, settings: list[str]) -> None:
    """Be the process that fuzzes *name*: it never returns."""
    import atheris

    with atheris.instrument_imports(include=list(_INSTRUMENTED)):
        from tests.hostile.targets import targets

        target = targets()[name]
        # A first attempt imports what is needed, so that it is instrumented.
        for seed in target.seeds():
            target.attempt(seed)
            break
    atheris.Setup([sys.argv[0], *settings], target.attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
