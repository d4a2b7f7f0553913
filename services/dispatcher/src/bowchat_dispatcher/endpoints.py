"""Where insurers listen, as the registry has it now."""

from typing import Protocol

from bowchat_registry.watcher import RegistryWatcher


class Endpoints(Protocol):
    """Where insurers listen."""

    def url(self, insurer: str) -> str | None:
        """The insurer's webhook, or None when it listens elsewhere or is unknown."""
        ...

    def kind(self, insurer: str) -> str | None:
        """How the insurer is reached: `kafka`, `webhook` or `whatsapp`; None when it is unknown."""
        ...


class RegistryEndpoints:
    """The agreements' endpoints, by the registry in use."""

    def __init__(self, registry: RegistryWatcher) -> None:
        self._registry = registry

    def url(self, insurer: str) -> str | None:
        agreement = self._registry.current.agreements.get(insurer)
        if agreement is None or agreement.endpoint.kind != "webhook":
            return None
        return agreement.endpoint.url

    def kind(self, insurer: str) -> str | None:
        agreement = self._registry.current.agreements.get(insurer)
        return agreement.endpoint.kind if agreement else None

    def on_whatsapp(self) -> list[str]:
        """The insurers that read in WhatsApp."""
        agreements = self._registry.current.agreements
        return sorted(insurer for insurer, each in agreements.items() if each.endpoint.kind == "whatsapp")

    def webhooks(self) -> dict[str, str]:
        """The URLs of the insurers that take webhooks."""
        urls = {insurer: self.url(insurer) for insurer in sorted(self._registry.current.agreements)}
        return {insurer: url for insurer, url in urls.items() if url}
