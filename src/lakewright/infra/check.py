"""What a component decided, held against its module's variables.tf and against others' outputs.tf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakewright.errors import SpecError
from lakewright.infra.hcl_types import misfit
from lakewright.infra.root_module import Decided
from lakewright.spec.layers import did_you_mean


def input_mistakes(call: Decided) -> Iterator[SpecError]:
    """Inputs that the module does not know, lacks, or would refuse for their type."""
    component, variables = call.declared.component, call.interface.variables
    for name, value in call.made.inputs.items():
        if name not in variables:
            hint = did_you_mean(name, variables, f"variables: {', '.join(variables)}")
            yield _wrong(call, f"module {component.name} has no variable `{name}`", hint)
        elif wrong := misfit(value, variables[name].type):
            path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in wrong.path)
            yield _wrong(
                call,
                f"{name}{path} {wrong.fact}, for {variables[name].type}",
                place=call.declared.written(wrong.value, name),
            )
    for variable in variables.values():
        if variable.required and call.made.inputs.get(variable.name) is None:
            hint = f"{variable.name}: {variable.description}"
            yield _wrong(call, f"module {component.name} needs `{variable.name}`, which has no value", hint)
    for output in component.provides:
        if output not in call.interface.outputs:
            hint = did_you_mean(output, call.interface.outputs)
            yield _wrong(call, f"{component.name} says that it provides `{output}`; its outputs.tf has none", hint)


def reference_mistakes(calls: Mapping[str, Decided]) -> Iterator[SpecError]:
    """Outputs that nobody has."""
    for call in calls.values():
        for one in call.uses:
            if one.call not in calls:
                hint = did_you_mean(one.call, calls, f"calls: {', '.join(calls)}")
                yield _wrong(call, f"there is no call `{one.call}` to take `{one.output}` from", hint)
            elif one.output not in calls[one.call].interface.outputs:
                known = calls[one.call].interface.outputs
                hint = did_you_mean(one.output, known, f"outputs: {', '.join(known) or 'none'}")
                used = calls[one.call].declared.component.name
                yield SpecError(
                    "LW1307", f"{call.name}: {used} has no output `{one.output}`", place=call.declared.place, hint=hint
                )


def _wrong(call: Decided, fact: str, hint: str = "", place: str = "") -> SpecError:
    return SpecError("LW1307", f"{call.name}: {fact}", place=place or call.declared.place, hint=hint)
