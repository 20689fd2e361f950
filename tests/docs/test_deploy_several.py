"""What `deploy/` offers for several machines is sound.

It fits the schemas of those who read it, and names no command, option, variable, path, page or
figure that there is not.

No Docker engine and no Kubernetes run here: what they would make of it is not tried.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import kubernetes_validate
import promql_parser
import pytest
from ruamel.yaml import YAML

from tests.docs import pages
from tests.docs.pages import ROOT
from tests.web_site import SmallSite
from tidings.adapters.config import load
from tidings.entrypoints.cli import VERBS, load_verb
from tidings.entrypoints.web.app import SERVICE

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
KUBERNETES = DEPLOY / "kubernetes.yaml"
RULES = DEPLOY / "prometheus-rules.yaml"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
# The versions of Kubernetes whose schemas the manifests fit.
VERSIONS = ("1.30", "1.33", kubernetes_validate.latest_version())
ROOT_OF_INSTANCE = "/srv/news"
# Variables of others: of the web server in Tidings, and of the image of PostgreSQL.
OF_OTHERS = {"FORWARDED_ALLOW_IPS"}


@cache
def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def services() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read(COMPOSE)["services"]
    return found


def ours() -> dict[str, Any]:
    return {name: each for name, each in services().items() if each["image"].startswith("tidings:")}


def manifests(kind: str = "") -> list[Any]:
    return [each for each in read(KUBERNETES)["items"] if kind in ("", each["kind"])]


def pods() -> Iterator[tuple[str, Any]]:
    for each in manifests():
        if each["kind"] in ("Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def containers() -> Iterator[tuple[str, Any]]:
    for name, pod in pods():
        for container in pod["containers"]:
            yield name, container


def calls() -> list[list[str]]:
    """What every container starts, in words."""
    return [
        *(each["command"] for each in ours().values()),
        *(each["args"] for _, each in containers()),
    ]


# --- Those who read it ----------------------------------------------------------------------------


def test_compose_fits_the_schema_of_its_specification() -> None:
    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(read(COMPOSE))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({"services": {"web": {"imagee": "x"}}})


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits_the_schema_of_its_kind(version: str) -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)
    wrong = {**manifests("Service")[0], "spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_what_names_another_part_names_one_that_there_is() -> None:
    kinds = {(each["kind"], each["metadata"]["name"]) for each in manifests()}
    given = {"tidings-config", "tidings-secrets", "news-example-org"}
    text = KUBERNETES.read_text(encoding="utf-8")
    for made in ("configmap tidings-config", "secret generic tidings-secrets"):
        assert f"create {made} --from-file" in text
    for _, pod in pods():
        volumes = {each["name"]: each for each in pod["volumes"]}
        mounted = [each for one in pod["containers"] for each in one["volumeMounts"]]
        assert {each["name"] for each in mounted} == set(volumes)
        for each in volumes.values():
            claim = each.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or ("PersistentVolumeClaim", claim) in kinds
            others = each.get("configMap", {}).get("name"), each.get("secret", {}).get("secretName")
            assert set(others) - {None} <= given
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in manifests("Deployment")]
    selectors = [
        *(each["spec"]["selector"] for each in manifests("Service")),
        *(each["spec"]["selector"]["matchLabels"] for each in manifests("Deployment")),
        *(each["spec"]["selector"]["matchLabels"] for each in manifests("PodDisruptionBudget")),
    ]
    for selector in selectors:
        assert any(selector.items() <= each.items() for each in labels), selector
    (scaled,) = manifests("HorizontalPodAutoscaler")
    target = scaled["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in kinds
    for each in services().values():
        assert set(each.get("depends_on", ())) <= services().keys()
        named = {volume.partition(":")[0] for volume in each.get("volumes", ())}
        assert {name for name in named if name[0] not in "./"} <= set(read(COMPOSE)["volumes"])


def test_no_container_of_ours_may_do_more_than_it_must() -> None:
    for name, each in ours().items():
        assert each["read_only"] is True, name
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert "ports" not in each, "only the proxy is reached from outside"
    for name, pod in pods():
        confined = pod["securityContext"]
        assert (confined["runAsNonRoot"], confined["runAsUser"]) == (True, 10001), name
        assert confined["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name


def test_no_secret_stands_in_them() -> None:
    for path in (COMPOSE, KUBERNETES):
        for name, value in re.findall(r"(\w*(?:PASSWORD|KEY))\b: *(.+)", path.read_text("utf-8")):
            assert value.startswith("${"), name
        assert not re.search(r"://[^/\s@]*:[^/\s@]*@", path.read_text(encoding="utf-8"))
    named = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text(encoding="utf-8")))
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == named
    for name, pod in pods():
        (secrets,) = (each["secret"] for each in pod["volumes"] if "secret" in each)
        # Tidings refuses what everybody can read.
        assert secrets["defaultMode"] & 0o007 == 0, name
        assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"], name


# --- What Tidings knows ---------------------------------------------------------------------------


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The verb that is called, and the words after it."""
    assert words[0] in VERBS, f"there is no verb {words[0]}"
    found: Any = load_verb(words[0])
    words = words[1:]
    while hasattr(found, "commands"):
        assert words[0] in found.commands, f"there is no verb {words[0]}"
        found, words = found.commands[words[0]], words[1:]
    return found, words


@pytest.mark.parametrize("words", calls(), ids=" ".join)
def test_every_container_calls_a_verb_that_there_is_with_options_that_it_has(
    words: list[str],
) -> None:
    verb, rest = command_of(words)
    known = {option for each in verb.params for option in each.opts}
    assert {word for word in rest if word.startswith("-")} <= known
    verb.make_context(words[0], rest, parent=None)


def variables() -> dict[str, str]:
    found: dict[str, str] = {}
    for service in ours().values():
        found |= service["environment"]
    (settings,) = manifests("ConfigMap")
    found |= settings["data"]
    for _, container in containers():
        found |= {each["name"]: each["value"] for each in container.get("env", ())}
    return found


def test_every_variable_is_one_that_tidings_knows(tmp_path: Path) -> None:
    documented = set(pages.first_cells(pages.read("docs/reference/configuration.md")))
    given = {name: value for name, value in variables().items() if name not in OF_OTHERS}
    secrets = {name for name in given if re.search("PASSWORD|KEY", name)}
    assert secrets <= documented
    site = SmallSite(tmp_path)
    settings = {name: value for name, value in given.items() if name not in secrets}
    assert len(settings) >= 3
    loaded = load(site.app_state.site.instance.root, settings, ("en",))
    assert loaded.state.startswith("postgresql://")
    assert loaded.worker.log == "json"
    site.close()
    # A password file is where the secrets are.
    for _, container in containers():
        mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        for name, value in variables().items():
            if name.endswith("_FILE"):
                assert value.startswith(f"{mounts['secrets']}/"), name
                asked = f"--from-file={value.rpartition('/')[2]}"
                assert asked in KUBERNETES.read_text(encoding="utf-8")


def test_every_path_of_an_instance_is_one_that_init_makes_or_tidings_does() -> None:
    known = {"config", "templates", "seeds", "feeds", "state", "outbox"}
    named = [
        *(each.split(":")[1] for one in ours().values() for each in one.get("volumes", ())),
        *(each["mountPath"] for _, one in containers() for each in one["volumeMounts"]),
    ]
    below = {each for each in named if each.startswith(ROOT_OF_INSTANCE)}
    assert below <= {ROOT_OF_INSTANCE, *(f"{ROOT_OF_INSTANCE}/{name}" for name in known)}
    for each in ours().values():
        here = {volume.split(":")[0] for volume in each["volumes"]}
        assert here <= {".", *(f"./{name}" for name in known)}


def test_who_writes_what_is_published_is_the_lead_alone() -> None:
    for name, one in ours().items():
        writes = {each for each in one["volumes"] if not each.endswith(":ro")}
        assert bool(writes) == (name == "lead")
    for name, one in containers():
        shared = {"news", "feeds"}
        kept = [each for each in one["volumeMounts"] if each["name"] in shared]
        writes = {each["name"] for each in kept if not each.get("readOnly")}
        assert writes == (shared if name == "tidings-lead" else set())


def test_every_probe_asks_for_what_the_service_answers() -> None:
    asked = re.findall(r"http://127\.0\.0\.1:8000/(\w+)", COMPOSE.read_text(encoding="utf-8"))
    for name, container in containers():
        if name == "tidings-migrate":
            continue
        alive, ready = (
            container[probe]["httpGet"] for probe in ("livenessProbe", "readinessProbe")
        )
        assert (alive["path"], ready["path"]) == ("/healthz", "/readyz"), name
        ports = {each["name"]: str(each["containerPort"]) for each in container["ports"]}
        assert container["args"][-2:] == ["--port", ports[ready["port"]]]
        asked += [alive["path"].strip("/"), ready["path"].strip("/")]
    assert set(asked) <= SERVICE


def test_the_lines_that_say_how_to_begin_name_what_is_there() -> None:
    for path in (COMPOSE, KUBERNETES):
        said = re.findall(r"^# +(docker build .+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        (build,) = map(shlex.split, said)
        assert (ROOT / build[build.index("-f") + 1]).exists()
        lock = build[build.index("--build-arg") + 1].removeprefix("LOCK=")
        assert (ROOT / lock).exists()
        image = build[build.index("-t") + 1]
        assert f"image: {image}" in re.sub("&image ", "", path.read_text(encoding="utf-8"))
    for place in re.findall(r"deploy/[\w./-]+\w", COMPOSE.read_text(encoding="utf-8")):
        assert (ROOT / place).exists(), place
    proxy = services()["caddy"]
    assert proxy["volumes"][0].startswith("./Caddyfile:")
    upstreams = re.findall(r"(\w+):8000", (DEPLOY / "web" / "Caddyfile.several").read_text())
    assert set(upstreams) == {name for name in ours() if name.startswith("web")}


# --- Figures --------------------------------------------------------------------------------------


def expressions() -> list[str]:
    rules = [each["expr"] for group in read(RULES)["groups"] for each in group["rules"]]
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [*rules, *(target["expr"] for panel in panels for target in panel["targets"])]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The figures that `/metrics` has, each with the labels of its values."""
    site = SmallSite(tmp_path_factory.mktemp("figures"))
    text = site.pages.get("/metrics").text
    site.close()
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(tidings_\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+="[^"]*")', labels))
    return found


@pytest.mark.parametrize("expression", expressions())
def test_every_expression_asks_for_figures_that_metrics_has(
    expression: str, exposed: Mapping[str, set[str]]
) -> None:
    promql_parser.parse(expression)
    named = set(re.findall(r"tidings_\w+", expression))
    assert named
    assert named <= exposed.keys()
    # One state, told of by every machine that serves: what all say is not to be added up.
    assert not re.search(r"\bsum\b", expression)
    for state in re.findall(r'state="(\w+)"', expression):
        assert f'state="{state}"' in exposed["tidings_deliveries"]


def test_the_expressions_that_the_page_shows_are_among_the_rules_or_as_sound() -> None:
    shown = pages.blocks("docs/reference/metrics.md", "text")[0].splitlines()
    for expression in shown:
        promql_parser.parse(expression)


def test_every_rule_says_in_words_what_is_wrong_and_where_more_stands() -> None:
    anchors = pages.anchors("docs/how-to/what-to-do-when.md")
    names = []
    for group in read(RULES)["groups"]:
        for rule in group["rules"]:
            told = rule["annotations"]
            names.append(rule["alert"])
            for sentence in (told["summary"], told["description"]):
                assert re.match(r"[A-Z{`]", sentence), sentence
                assert sentence.endswith("."), sentence
            page, _, anchor = told["runbook"].partition("#")
            assert (page, anchor in anchors) == ("what-to-do-when", True), told["runbook"]
            assert rule["labels"]["severity"] in {"page", "ticket"}
            for said in re.findall(r"`tidings ([^`]+)`", " ".join(told.values())):
                verb, rest = command_of(said.split())
                options = {word for word in rest if word.startswith("-")}
                assert options <= {option for each in verb.params for option in each.opts}
    assert len(set(names)) == len(names)


def test_panels_do_not_overlap_and_each_says_what_it_shows() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"]["uid"] == "${source}"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["source"]


# --- The page -------------------------------------------------------------------------------------


def test_every_file_is_on_the_page_and_every_command_there_is_one() -> None:
    page = "docs/how-to/outgrow-one-machine.md"
    text = pages.read(page)
    for path in (COMPOSE, KUBERNETES, RULES, DASHBOARD, DEPLOY / "env.example"):
        assert f"[`{path.name}`](../../deploy/{path.name})" in text
    lines = "\n".join(pages.blocks(page, "text")).splitlines()
    called = [shlex.split(line)[1:] for line in lines if line.startswith("tidings ")]
    assert len(called) >= 3
    for words in called:
        verb, rest = command_of(words[2:] if words[0] == "-C" else words)
        known = {option for each in verb.params for option in each.opts}
        assert {word for word in rest if word.startswith("-")} <= known
    (build,) = [line for line in lines if line.startswith("docker build")]
    assert build in COMPOSE.read_text(encoding="utf-8")
    parts = set(pages.first_cells(pages.section(page, "In containers"))[-4:])
    assert {re.sub(r"\d", "", name) for name in ours()} == parts
    assert {name.removeprefix("tidings-") for name, _ in pods()} == parts
