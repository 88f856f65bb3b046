"""Further accounts of the environment, as settings name them."""

from __future__ import annotations

from collections.abc import Sequence

from lakewright.components.component import Context
from lakewright.errors import Mistakes, SpecError
from lakewright.spec.layers import did_you_mean


def account_ids(context: Context, names: Sequence[str], setting: str) -> list[str]:
    """Their numbers, in the order of their names. Raises Mistakes LW1304 for names that the environment does not have.

    `setting`: where the names are written, for messages.
    """
    known = [name for name in context.accounts if name]
    if mistakes := [
        SpecError(
            "LW1304",
            f'no account "{name}" in this environment',
            place=f"{setting}.{number}",
            hint=did_you_mean(name, known, f"accounts: {', '.join(known)}"),
        )
        for number, name in enumerate(names)
        if name not in known
    ]:
        raise Mistakes(mistakes)
    return [context.accounts[name].account for name in sorted(names)]
