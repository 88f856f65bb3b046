"""Where applications of an account run: in subnets of the network that is shared with it."""

from __future__ import annotations

from lakewright.components.component import Context, Output
from lakewright.errors import SpecError


def app_network(context: Context, named: str | None) -> str:
    """The named network, or the only one of the stack's account. Raises SpecError LW1348."""
    networks = context.project.platform.landscape.networks
    if named is not None:
        if named not in networks or networks[named].account != context.account:
            fact = f'"{named}" is no network of the account {context.account or "of the environment"}'
            raise SpecError("LW1348", fact, place="network", hint=f"networks: {', '.join(networks)}")
        return named
    own = [name for name, network in networks.items() if network.account == context.account]
    if len(own) != 1:
        fact = f"the account {context.account or 'of the environment'} has {len(own)} networks"
        raise SpecError("LW1348", fact, hint="network: the one that it runs in")
    return own[0]


def subnet_ids(context: Context, network: str, tier: str) -> list[Output]:
    """Ids of the network's own subnets of a tier, `apps` or `databases`."""
    return [
        context.output_for("shared_network", {"network": network}, "subnet_ids", one.name)
        for one in context.landscape.subnets.get(network, ())
        if one.workspace is None and one.tier == tier
    ]
