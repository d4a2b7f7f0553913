"""An insurer's words in a held prompt go on to the policyholder, or never."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from bowchat_contracts.commands import HeldRewrite
from bowchat_contracts.prompts import PromptRequested
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.held_commands import CannotGoError, Subject
from bowchat_masker.handlers.held_outbound import AROUND, destination, leads_around
from bowchat_masker.handlers.holding import Seals, kept_copy
from bowchat_masker.handlers.prompt_events import decided, delivery
from bowchat_masker.handlers.prompts import prompt_state, view_of
from bowchat_masker.handlers.reply_events import policy_of
from bowchat_masker.model import Held
from bowchat_masker.prompts import PromptView, delivery_id, text_refused, why_refused, words_to_judge
from bowchat_masker.quarantine import HeldCommand, Ruling
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener


class HeldPrompts:
    """Those whose subject is a prompt."""

    def __init__(self, store: VaultStore, vault: Vault, opener: Opener, mint: Mint) -> None:
        self._store, self._vault, self._opener, self._mint = store, vault, opener, mint
        self._sealer = opener.sealer()

    async def subjects(self, held: Sequence[Held]) -> dict[str, Subject]:
        prompts = [(each, prompt) for each in held if (prompt := _prompt(each, self._opener))]
        if not prompts:
            return {}
        state = await prompt_state(self._store, self._mint, [prompt for _, prompt in prompts])
        return {
            each.subject_id: HeldPrompt(
                each, prompt, view_of(prompt, state, self._mint), self._vault, self._sealer, self._mint
            )
            for each, prompt in prompts
        }


def _prompt(held: Held, opener: Opener) -> PromptRequested | None:
    value = kept_copy(opener, held)
    try:
        return PromptRequested.model_validate_json(value) if value is not None else None
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class HeldPrompt:
    held: Held
    prompt: PromptRequested
    view: PromptView
    vault: Vault
    sealer: Seals
    mint: Mint

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:
        """Judged as any prompt is, by what holds now; only the doubt that held it is a person's to set aside."""
        if ruling.end == "blocked":
            return ruling
        text = command.text if isinstance(command, HeldRewrite) else self.prompt.text
        reason = why_refused(self.prompt, self.view, ruling.decided_at) or text_refused(text)
        if reason is not None:
            raise CannotGoError(f"it cannot be carried ({reason}): block it")
        policy = policy_of(self.view.thread.masking if self.view.thread else "")
        if leads_around(words_to_judge(self.prompt, command), self.held.reason, policy):
            raise CannotGoError(AROUND)
        to = destination(
            self.vault,
            self.sealer,
            self.view.contact,
            delivery_id=delivery_id(self.prompt.prompt_id),
            recipient_ref=self.mint.recipient_ref(self.prompt.contact_id),
            business_number_id=self.prompt.business_number_id,
        )
        return replace(ruling, to=to)

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:
        prompt, to, at = self.prompt, ruling.to, ruling.decided_at
        if to is None:
            return (decided(record, prompt, "blocked", at),)
        command = record.event.command
        text = command.text if isinstance(command, HeldRewrite) else prompt.text
        said = decided(record, prompt, "accepted", at, delivery_id=to.delivery_id)
        return delivery(record, prompt, to, text, at), said
