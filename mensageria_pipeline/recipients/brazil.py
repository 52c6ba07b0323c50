"""Brazilian area codes: which exist, in which state and time zone.

Source: Anatel's plan of area codes (DDD); IANA's zones by state. Checked on 2026-11-24.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_STATES: Mapping[str, tuple[tuple[int, ...], str]] = {
    "AC": ((68,), "America/Rio_Branco"),
    "AL": ((82,), "America/Maceio"),
    "AM": ((92, 97), "America/Manaus"),
    "AP": ((96,), "America/Belem"),
    "BA": ((71, 73, 74, 75, 77), "America/Bahia"),
    "CE": ((85, 88), "America/Fortaleza"),
    "DF": ((61,), "America/Sao_Paulo"),
    "ES": ((27, 28), "America/Sao_Paulo"),
    "GO": ((62, 64), "America/Sao_Paulo"),
    "MA": ((98, 99), "America/Fortaleza"),
    "MG": ((31, 32, 33, 34, 35, 37, 38), "America/Sao_Paulo"),
    "MS": ((67,), "America/Campo_Grande"),
    "MT": ((65, 66), "America/Cuiaba"),
    "PA": ((91, 93, 94), "America/Belem"),
    "PB": ((83,), "America/Fortaleza"),
    "PE": ((81, 87), "America/Recife"),
    "PI": ((86, 89), "America/Fortaleza"),
    "PR": ((41, 42, 43, 44, 45, 46), "America/Sao_Paulo"),
    "RJ": ((21, 22, 24), "America/Sao_Paulo"),
    "RN": ((84,), "America/Fortaleza"),
    "RO": ((69,), "America/Porto_Velho"),
    "RR": ((95,), "America/Boa_Vista"),
    "RS": ((51, 53, 54, 55), "America/Sao_Paulo"),
    "SC": ((47, 48, 49), "America/Sao_Paulo"),
    "SE": ((79,), "America/Maceio"),
    "SP": (tuple(range(11, 20)), "America/Sao_Paulo"),
    "TO": ((63,), "America/Araguaina"),
}
"""State → its area codes and time zone. 97 covers the far west of Amazonas too, which has the hour of Acre."""


@dataclass(frozen=True, slots=True)
class Area:
    state: str
    timezone: str


AREAS: Mapping[str, Area] = {
    str(code): Area(state, timezone) for state, (codes, timezone) in _STATES.items() for code in codes
}
"""Area code → where it is."""
