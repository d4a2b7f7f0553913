"""The compose file, the image recipe and the scrape configuration are in step with the services."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from bowchat_audit.settings import AuditSettings
from bowchat_contracts.topics import SERVICES
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_ingest.settings import IngestSettings
from bowchat_masker.settings import MaskerSettings
from bowchat_router.settings import RouterSettings
from bowchat_sla.settings import SlaSettings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS: dict[str, type[BaseSettings]] = {
    "ingest": IngestSettings,
    "router": RouterSettings,
    "masker": MaskerSettings,
    "dispatcher": DispatcherSettings,
    "sla-watcher": SlaSettings,
    "audit": AuditSettings,
}
DATABASES = {
    "ingest": "media",
    "router": "router",
    "masker": "vault",
    "dispatcher": "dispatch",
    "sla-watcher": "sla",
    "audit": "audit",
}
SECRET_HOLDERS = {"ingest", "masker", "dispatcher"}


def port(service: str) -> int:
    return int(SETTINGS[service].model_fields["http_port"].default)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_under_its_own_port_image_and_folder(service: str) -> None:
    """What compose starts is what the code says it is."""
    composed = COMPOSE["services"][service]
    assert composed["environment"]["BOWCHAT_HTTP_PORT"] == str(port(service))
    assert composed["build"]["args"] == {"SERVICE": service}
    assert (ROOT / composed["build"]["dockerfile"]).is_file()
    assert (ROOT / "services" / service / "pyproject.toml").is_file()


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_of_a_service_is_one_that_it_reads(service: str) -> None:
    """A misspelt variable would be ignored in silence."""
    known = {f"BOWCHAT_{field.upper()}" for field in SETTINGS[service].model_fields}
    assert set(COMPOSE["services"][service]["environment"]) <= known


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_confined(service: str) -> None:
    """No service can write to its own code, gain rights, or see another's secrets; only two can reach outside."""
    composed = COMPOSE["services"][service]
    assert composed["read_only"] is True
    assert composed["cap_drop"] == ["ALL"]
    assert composed["security_opt"] == ["no-new-privileges:true"]
    mounts = [each["volume"]["subpath"] for each in composed.get("volumes", ()) if isinstance(each, dict)]
    assert mounts == ([service] if service in SECRET_HOLDERS else [])
    assert ("edge" in composed["networks"]) == (service in {"ingest", "dispatcher"})


@pytest.mark.parametrize("service", sorted(DATABASES))
def test_a_service_logs_in_to_its_own_database_as_itself(service: str) -> None:
    """One user and one database each."""
    address = COMPOSE["services"][service]["environment"]["BOWCHAT_MONGO_URI"]
    variable = f"{service.upper().replace('-', '_')}_DB_PASSWORD"
    assert re.fullmatch(
        rf"mongodb://{service}:\$\{{{variable}:\?[^}}]+\}}@mongo:27017/{DATABASES[service]}", address
    )


def test_a_service_waits_for_what_it_needs() -> None:
    """Topics before consumers, users before databases, keys before whoever reads them; what is waited for exists."""
    for service in SERVICES:
        needs = COMPOSE["services"][service]["depends_on"]
        assert {"kafka", "topics"} <= needs.keys()
        assert ("mongo-users" in needs) == (service in DATABASES)
        assert ("keys" in needs) == (service in SECRET_HOLDERS)
    for composed in COMPOSE["services"].values():
        for name, need in composed.get("depends_on", {}).items():
            waited_for = COMPOSE["services"][name]
            if need["condition"] == "service_healthy":
                assert "healthcheck" in waited_for


def test_images_are_pinned_by_digest_and_hold_no_passwords() -> None:
    """The same bytes every time, and nothing secret in a committed file."""
    for name, composed in COMPOSE["services"].items():
        ours = composed["image"].startswith("bowchat/")
        assert ours or re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", composed["image"]), name
        for variable, value in composed.get("environment", {}).items():
            if "PASSWORD" in variable:
                assert value.startswith("${"), f"{name}: {variable}"


def test_every_variable_that_compose_needs_is_in_the_example() -> None:
    """Who copies .env.example is asked for everything, and for nothing else."""
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    optional = set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "docker-compose.yml").read_text()))
    assert needed <= offered <= needed | optional


def test_the_insurers_of_the_keys_job_are_the_registrys() -> None:
    """Every insurer of the example registry gets its secret."""
    example = re.search(r"^INSURERS=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert example is not None
    assert sorted(example[1].split(",")) == sorted(
        path.stem for path in ROOT.glob("registry/insurers/*.yaml")
    )


def test_the_database_users_get_every_password_the_script_asks_for() -> None:
    """The one-shot job would stop at the first missing one."""
    script = (ROOT / "deploy/mongo/roles.js").read_text()
    services = set(re.findall(r'service: "([a-z-]+)"', script)) | {"audit", "ingest"}
    assert services == DATABASES.keys()
    given = COMPOSE["services"]["mongo-users"]["environment"]
    assert {f"BOWCHAT_{each.upper().replace('-', '_')}_PASSWORD" for each in services} <= given.keys()


def test_prometheus_scrapes_every_service() -> None:
    """No service is out of sight."""
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = configuration["scrape_configs"]
    seen = {each["labels"]["service"]: each["targets"] for each in job["static_configs"]}
    assert seen == {service: [f"{service}:{port(service)}"] for service in SERVICES}


def test_the_image_runs_as_nobody_special_and_is_watched() -> None:
    """Not root, a health check, and nothing installed that the lock does not vouch for."""
    recipe = (ROOT / "deploy/docker/service.Dockerfile").read_text()
    assert re.search(r"^USER 10001", recipe, re.MULTILINE)
    assert "HEALTHCHECK" in recipe
    assert "/healthz" in recipe
    assert "--require-hashes" in recipe
    assert re.search(r"^ARG PYTHON=python:3\.11-slim@sha256:[0-9a-f]{64}$", recipe, re.MULTILINE)
