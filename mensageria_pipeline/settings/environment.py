"""Reading the settings; the only module that reads the environment.

`.env` in the project's root beats the shell, as it does inside `dagster dev`: two precedences would mean
two ledgers.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv import dotenv_values

from mensageria_pipeline.settings.installation import TOKEN_PREFIX, Settings, limit_variables
from mensageria_pipeline.settings.kinds import KEY
from mensageria_pipeline.settings.variables import Variable, read_fields, variables_of
from mensageria_pipeline.storage.limits import Limits
from mensageria_pipeline.texts import Language

_OWN, _LIMITS = variables_of(Settings), limit_variables()
OWN_NAMES = frozenset(each.name for each in (*_OWN.values(), *_LIMITS.values()))
"""Variables of the installation itself."""


def find_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` upwards that holds workspace.yaml, else the checkout of this package."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "workspace.yaml").is_file() and (folder / "pyproject.toml").is_file():
            return folder
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "workspace.yaml").is_file() else here


def configured_language(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Language:
    """The language alone, for what is said before there are settings; the default where it is none that is known."""
    name, shell = "MENSAGERIA_LANGUAGE", os.environ if environment is None else environment
    found = (dotenv_values((root or find_root()) / ".env").get(name) or shell.get(name) or "").strip()
    return Language(found) if found in set(Language) else Language.PT_BR


def load_settings(
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
    declared: Collection[Variable] = (),
) -> Settings:
    """The settings of the project in `root` (found from the working directory when None).

    `declared` are the variables that providers want read: from the shell too, and none of them may hold what it cannot.
    Raises SettingsError naming the variable, what it holds and what is expected.
    """
    root = root or find_root()
    shell = os.environ if environment is None else environment
    file = {name: text for name, text in dotenv_values(root / ".env").items() if text is not None}
    values = {**shell, **{name: text for name, text in file.items() if text}}
    wanted = {each.name for each in declared}
    others = {name: text for name, text in file.items() if not _is_own(name) and name not in wanted}
    others |= {name: values[name].strip() for name in sorted(wanted) if values.get(name, "").strip()}
    for each in declared:
        each.read(others, root)
    found = read_fields(_OWN, values, root)
    ledger_dir = found.pop("ledger_dir", None)
    return Settings(
        root=root,
        data_dir=found.pop("data_dir", root / "data").resolve(),
        ledger_dir=ledger_dir.resolve() if ledger_dir else None,
        limits=Limits(**read_fields(_LIMITS, values, root)),
        receiver_tokens=_receiver_tokens(values, root),
        others=others,
        public=frozenset(each.name for each in declared if not each.is_secret),
        **found,
    )


def _is_own(name: str) -> bool:
    return name in OWN_NAMES or name.startswith(TOKEN_PREFIX)


def _receiver_tokens(values: Mapping[str, str], root: Path) -> dict[str, str]:
    """Provider → token, of RECEIVER_TOKEN_<PROVIDER>."""
    names = [name for name in values if name.startswith(TOKEN_PREFIX)]
    found = {name: Variable(name, KEY, is_secret=True).read(values, root) for name in names}
    return {name.removeprefix(TOKEN_PREFIX).lower(): token for name, token in found.items() if token}


def dagster_home_in_environment() -> str | None:
    """DAGSTER_HOME as Dagster sees it, or None."""
    return os.environ.get("DAGSTER_HOME") or None


def export_dagster_home(home: Path) -> None:
    """Point this process and the ones it starts to the project's Dagster state."""
    os.environ["DAGSTER_HOME"] = str(home)


_GUARD = "MENSAGERIA_INTERFACE_GUARDED"


def is_interface_guarded() -> bool:
    """Whether Dagster's interface, which this process runs for, stands behind the guard of `mensageria dev`."""
    return os.environ.get(_GUARD) == "1"


def export_guarded_interface() -> None:
    """Tell the processes that this one starts that the interface is guarded."""
    os.environ[_GUARD] = "1"
