"""A secret is in nothing that a spec shows: not in text, JSON, errors or tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lakewright.errors import LakewrightError, Mistakes
from lakewright.spec import load_project
from lakewright.spec.resolved import resolve

PASSWORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="${}"), min_size=5, max_size=20
).map(lambda text: f"q7{text}z9")

FORMS = st.sampled_from(
    [
        "postgresql://app:{}@db/shop",
        "postgresql://db/shop?user=app&password={}",
        "postgresql://app:${{PW}}{}@db/shop",
        "host=db password='{}'",
        "host=db dbname=x  sslpassword = {}",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=PASSWORDS, form=FORMS)
@example(password="q700://z9", form="host=db password='{}'")
def test_a_literal_password_is_refused_and_not_repeated(tmp_path: Path, password: str, form: str) -> None:
    url = json.dumps(form.format(password), ensure_ascii=False)
    text = f"lakewright: 1\nplatform: s\nsources:\n  s: {{postgres: {{url: {url}, tables: [a.*]}}}}\n"
    (tmp_path / "platform.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        load_project(tmp_path)
    shown = str(caught.value) + repr(caught.value) + json.dumps([m.as_dict() for m in caught.value.mistakes])
    assert password not in shown
    assert "LW1" in shown


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=PASSWORDS)
def test_a_value_of_the_environment_is_never_shown(tmp_path: Path, password: str) -> None:
    text = 'lakewright: 1\nplatform: s\nsources:\n  s: {postgres: {url: "postgresql://u:${PW}@h/d", tables: [a.*]}}\n'
    (tmp_path / "platform.yaml").write_text(text)
    project = load_project(tmp_path)
    secret = project.platform.sources["s"].postgres.url
    assert password in secret.reveal({"PW": password})
    shown = [repr(project), str(project.platform), project.platform.model_dump_json(), repr(resolve(project))]
    shown += [f"{secret}", f"{secret!r}", repr(secret.variables)]
    assert all(password not in text and "u:" not in text for text in shown[1:])


@pytest.mark.parametrize(
    "yaml", ["url: *q7secret", "url: !q7secret x", "url: 'q7secret", "url: {q7secret: [", "url: [q7secret]"]
)
def test_yaml_that_breaks_on_a_password_does_not_repeat_it(tmp_path: Path, yaml: str) -> None:
    (tmp_path / "platform.yaml").write_text(
        f"lakewright: 1\nplatform: s\nsources:\n  s:\n    postgres:\n      tables: [a.*]\n      {yaml}\n"
    )
    with pytest.raises(LakewrightError) as caught:
        load_project(tmp_path)
    assert "q7secret" not in str(caught.value)
