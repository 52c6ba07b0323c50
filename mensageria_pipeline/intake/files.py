"""Which files lie in the input folder, whose they are, and which of them are whole."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mensageria_pipeline.contracts.partition import campaign_key
from mensageria_pipeline.errors import InputError
from mensageria_pipeline.intake.carried_campaign import carried_campaign
from mensageria_pipeline.intake.formats import EXTENSIONS, PACKED, PLAIN

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".partial")
_OURS = ("README.md",)


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file in the input folder and the campaign it belongs to."""

    path: Path
    campaign: str
    """The partition key."""
    original_name: str
    """The folder's or file's name as a person wrote it."""

    def has_settled(self, settle_s: float) -> bool:
        """True when the file has not changed for `settle_s` seconds: nobody is still copying it.

        By the time of change of the inode, which a copying program cannot set back. Raises OSError.
        """
        return time.time() - self.path.stat().st_ctime >= settle_s


@dataclass(slots=True)
class Discovery:
    """What lies in the input folder. `refused` are files no campaign can use, with the reason."""

    files: list[InputFile] = field(default_factory=list)
    refused: list[tuple[Path, InputError]] = field(default_factory=list)
    meant: dict[Path, str] = field(default_factory=dict)
    """The campaign that a refused file was meant for, where its name says so."""

    def of(self, campaign: str) -> list[InputFile]:
        return [file for file in self.files if file.campaign == campaign]

    def refused_of(self, campaign: str) -> list[tuple[Path, InputError]]:
        """Refused files that were meant for a campaign; those of another folder whose name gives its key, too."""
        return [(path, error) for path, error in self.refused if self.meant.get(path) == campaign]


def discover(input_dir: Path, owners: Mapping[str, str]) -> Discovery:
    """Every usable file below `input_dir`, by name; hidden, temporary and lock files are passed over.

    A corrected workbook of rejected rows beside the folders belongs to the campaign that it carries.

    `owners` says which original name owns a key where two present names give the same one.
    """
    discovery = Discovery()
    named = list(_candidates(input_dir))
    carried = {path: key for _, path in named if path.parent == input_dir and (key := carried_campaign(path))}
    present = _present_names([(name, path) for name, path in named if path not in carried], discovery)
    names = _by_key(present)
    for place, (_, path) in enumerate(named):
        if path in carried:  # it belongs to a campaign that may have a folder, and never takes a name from one
            key = carried[path]
            name = _owner(key, names[key], owners) if key in names else key
            named[place], present[name], names[key] = (name, path), key, [name]
    for name, path in named:
        if name not in present:
            continue
        key = present[name]
        problem = _problem(path, input_dir, key, name, _owner(key, names[key], owners))
        if problem:
            discovery.refused.append((path, problem))
            discovery.meant[path] = key
        else:
            discovery.files.append(InputFile(path, key, name))
    return discovery


def folder_of(input_dir: Path, owners: Mapping[str, str], campaign: str) -> Path:
    """The folder whose lists are taken in for a campaign, as a person wrote its name; it need not be there."""
    present = _present_names(list(_candidates(input_dir)), Discovery())
    names = _by_key(present).get(campaign)
    return input_dir / (_owner(campaign, names, owners) if names else campaign)


def _by_key(present: Mapping[str, str]) -> dict[str, list[str]]:
    """Key → the names that give it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, key in present.items():
        found[key].append(name)
    return found


def _candidates(input_dir: Path) -> list[tuple[str, Path]]:
    """(original campaign name, path) of every file that is neither hidden nor unfinished, sorted."""
    found: list[tuple[str, Path]] = []
    for entry in sorted(input_dir.iterdir()) if input_dir.is_dir() else []:
        if is_ignored(entry):
            continue
        if entry.is_dir():
            found += [(entry.name, path) for path in _files_in(entry)]
        elif entry.is_file():
            found.append((_campaign_name(entry), entry))
    return found


def _campaign_name(path: Path) -> str:
    """The campaign of a file that lies beside the folders: its name without extensions."""
    inner = Path(path.stem)
    return inner.stem if path.suffix.lower() in PACKED and inner.suffix.lower() in PLAIN else path.stem


def _files_in(folder: Path) -> list[Path]:
    """The folder's files by name; none where it cannot be read."""
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_file() and not is_ignored(path)]
    except OSError:
        return []


def is_ignored(path: Path) -> bool:
    """True for hidden files, locks, unfinished downloads and our own notes."""
    name = path.name
    return name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED) or name in _OURS


def _present_names(named: list[tuple[str, Path]], discovery: Discovery) -> dict[str, str]:
    keys: dict[str, str] = {}
    for name, path in named:
        try:
            str(path).encode()  # a name in another encoding than the system's cannot be stored or shown
            keys[name] = campaign_key(name)
        except UnicodeEncodeError:
            discovery.refused.append((Path(ascii(path.name)), InputError("file_name_unusable", file=ascii(path.name))))
        except InputError as error:
            discovery.refused.append((path, error))
    return keys


def _owner(key: str, names: list[str], owners: Mapping[str, str]) -> str:
    if owners.get(key) in names:
        return owners[key]
    return key if key in names else sorted(names)[0]


def _problem(path: Path, input_dir: Path, key: str, name: str, owner: str) -> InputError | None:
    checks: list[tuple[Callable[[], bool], InputError]] = [
        (lambda: name != owner, InputError("campaign_name_taken", found=name, owner=owner, key=key)),
        (
            lambda: path.is_symlink() or not path.resolve().is_relative_to(input_dir.resolve()),
            InputError("file_outside", file=path.name),
        ),
        (
            lambda: path.suffix.lower() not in EXTENSIONS,
            InputError("file_type_unknown", file=path.name, found=path.suffix or "—", expected=", ".join(EXTENSIONS)),
        ),
    ]
    return next((error for is_broken, error in checks if is_broken()), None)
