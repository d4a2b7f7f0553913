"""The document for partner insurers: their two topics, the same over HTTPS, and nothing else of the relay."""

from bowchat_contracts.asyncapi.pieces import ASYNCAPI, Document, message, message_name, schemas
from bowchat_contracts.envelope import Event
from bowchat_contracts.erasure import InsurerContactErased
from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.insurer import (
    InsurerCommandAnswered,
    InsurerMessage,
    InsurerReply,
    InsurerReplyChanged,
    InsurerThreadChanged,
    InsurerWayChanged,
    InsurerWithheld,
    ReplyRefused,
)
from bowchat_contracts.insurer_phone import InsurerThreadAsked
from bowchat_contracts.media import InsurerMediaUpdate
from bowchat_contracts.reveals import InsurerIdentityRevealed, InsurerRevealChanged, InsurerRevealRequest
from bowchat_contracts.topics import INSURER_MESSAGES, INSURER_REPLIES

_TO_INSURER: tuple[type[Event], ...] = (
    InsurerMessage, InsurerWithheld, InsurerReleased, InsurerBlocked, InsurerMediaUpdate, ReplyRefused,
    InsurerReplyChanged, InsurerCommandAnswered, InsurerWayChanged, InsurerThreadChanged, InsurerRevealChanged,
    InsurerIdentityRevealed, InsurerThreadAsked, InsurerContactErased,
)  # fmt: skip
_FROM_INSURER: tuple[type[Event], ...] = (InsurerReply, InsurerRevealRequest)
_EVENTS: tuple[type[Event], ...] = (*_TO_INSURER, *_FROM_INSURER)
_KEY = "The policyholder's alias. Records of one alias are in order."

_ABOUT = """\
Bow Chat passes policyholders' messages to you, the insurer, and your replies back to them. You know a policyholder by
an alias that only you and the relay use; you never learn a number or a name from the relay.

**Two ways in, the same content.** Read your messages topic and write your replies topic on Kafka, or give us an HTTPS
endpoint and post your replies to ours.

**Delivery is at least once.** The same message may come again; it then has the same `message_id` and the same key, headers
and value. Keep the `message_id`s you have handled and skip what you know.

**Order.** `seq` counts the messages of one thread (`thread_id`), from 1, without gaps. A place that we must look at
first comes as `bowchat.insurer.withheld.v1` with its `seq`, so that a gap never needs guessing, and later messages do
not wait for it. What becomes of it follows with the same `message_id` and `seq`, possibly after later ones:
`bowchat.insurer.released.v1` is the message itself, `bowchat.insurer.blocked.v1` says that it will not come. Over HTTPS,
order your thread by `seq`: a retried delivery can arrive after the one behind it.

**Masked text.** Numbers and e-mail addresses in what people type are replaced by placeholders, listed in `masked`.

**Files.** A message of kind `media` announces a file as `pending`. `bowchat.insurer.media.v1` follows under the same
`media_id`: `ready` brings a `link`, to be fetched with GET from the host where you post replies, until `expires_at` (then
410). `verified` says whether the relay could read all that the file shows. `held` may become `ready` later; `blocked` and
`failed` are final. Whoever has a link has the file: do not pass it on.

**Replying.** Give every reply a `reply_id` of your own: sent again, it has no second effect; with other content it is
refused (`reply_id_reused`). Name the `alias`, and the
`thread_id` where the alias has more than one open thread. A reply that cannot be carried comes back on your messages
topic as `bowchat.insurer.reply_refused.v1`, with the reason and what to do.

**What a reply may hold.** The policyholder talks to you here, and nowhere else. As your agreement says it, your own
telephone numbers, e-mail addresses, links, handles and payment addresses are taken out of a reply (you are told by
`bowchat.insurer.reply_changed.v1`), and so is asking for theirs or to be called: such a reply waits for a person, or is
refused (`solicitation`).

**When you may write.** While the conversation is open and the policyholder has written within 30 days, or as many as your
agreement says (`no_open_matter`, `alias_expired`). An alias can be ended (`alias_blocked`). An ended alias is never given
again: their next message comes under a new one, in the same thread; answer that one. When they say STOP you get
`bowchat.insurer.way_changed.v1`, and replies are refused (`policyholder_stopped`) until they say START.

**Commands.** A reply whose text begins with `/`, formatted or not, is a command to the relay and is never carried to the
policyholder: `/help` lists what you may do, `/handoff_to_underwriter`, `/request_docs` and `/resolve` among it. What came
of it, or why nothing did, is told by `bowchat.insurer.command_answered.v1`.

**What becomes of a thread.** `bowchat.insurer.thread_changed.v1` says when a thread is handed to another desk of yours,
waits for documents, is put on hold or taken off it, made more urgent, needs no reply, is resolved, reopened or closed; its
`state`, `desk`, `cycle` and `priority` from then on; and whether it was you, the aggregator, the policyholder or the relay
(a time that was over). Whose turn it is follows from messages and replies, and is not told: the policyholder's next message
ends a wait or a hold. It never comes before the thread's first message; its place is behind the message `after_seq`,
whichever of them arrives first. `resolved`: a message within a week may reopen the thread. `closed` is for good: the
policyholder's next message begins another thread.

**Asking for the number.** Where your work needs the policyholder's own number, write
`bowchat.insurer.reveal_request.v1` to your replies topic, or post it to `/v1/insurers/{insurer}/reveal-requests` as you
post replies, with the purpose and for how many days. They are asked on WhatsApp and may decline. On their yes you get
`bowchat.insurer.identity_revealed.v1`, locked with the public keyset you gave us (Tink hybrid encryption): only you can
open it. From `until` on, or once `bowchat.insurer.reveal_changed.v1` says `expired` or `revoked`, the number may not
be used any more.

**From WhatsApp.** Where your agreement says so, all this comes as texts to a telephone number of your own, and what you
write there is your reply. Quote the message you answer, or write its tag; where neither says it, you are asked
(`bowchat.insurer.thread_asked.v1`).

**New fields and values may be added** to a message without notice; ignore what you do not know. Anything else changes
only with a new version in the type's name."""

_WEBHOOK = """\
Your own HTTPS endpoint, agreed at onboarding. Each event is one POST, signed after Standard Webhooks 1.0: the headers
`webhook-id` (the same at every attempt; use it to skip repetitions), `webhook-timestamp` and `webhook-signature`,
HMAC-SHA256 over `id.timestamp.body` with your secret. Refuse a wrong signature, and a timestamp more than five minutes
away. Answer 2xx within 15 seconds; anything else is tried again for up to three days."""

_POST_REPLIES = """\
`POST /v1/insurers/{insurer}/replies`, signed after Standard Webhooks 1.0 with your secret, at most 256 KB. 202: taken.
400: the body is wrong, and the answer names the field. 401: the signature is missing, wrong or older than five minutes.
503: come back later, with the same `reply_id`. Without a `reply_id` in the body, your `webhook-id` is it."""


def partner_document() -> Document:
    """AsyncAPI 3, told from the insurer's side."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "Bow Chat for insurers", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {message_name(each): message(each, key=_KEY) for each in _EVENTS}
            | {"webhook": _webhook_message(), "https_reply": _https_reply()},
            "schemas": schemas(*_EVENTS),
            "parameters": {"insurer": {"description": "Your short name, agreed at onboarding."}},
            "securitySchemes": _security(),
        },
    }


def _servers() -> Document:
    return {
        "kafka": {
            "host": "kafka.example.com:9093",
            "protocol": "kafka-secure",
            "description": "Your account may read your messages topic and write your replies topic, nothing else.",
            "security": [{"$ref": "#/components/securitySchemes/scram"}],
        },
        "https": {
            "host": "relay.example.com",
            "protocol": "https",
            "description": "For insurers without Kafka.",
            "security": [{"$ref": "#/components/securitySchemes/signature"}],
        },
    }


def _security() -> Document:
    return {
        "scram": {"type": "scramSha512", "description": "Kafka SASL/SCRAM-SHA-512 over TLS."},
        "signature": {
            "type": "httpApiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "Standard Webhooks 1.0, symmetric (`v1`), with the secret agreed at onboarding.",
        },
    }


def _channels() -> Document:
    insurer = {"insurer": {"$ref": "#/components/parameters/insurer"}}
    messages = {message_name(each): _message_ref(message_name(each)) for each in _TO_INSURER}
    return {
        "messages": {
            "address": INSURER_MESSAGES,
            "title": "What the relay tells you",
            "servers": [{"$ref": "#/servers/kafka"}],
            "parameters": insurer,
            "messages": messages,
        },
        "replies": {
            "address": INSURER_REPLIES,
            "title": "What you answer",
            "servers": [{"$ref": "#/servers/kafka"}],
            "parameters": insurer,
            "messages": {message_name(each): _message_ref(message_name(each)) for each in _FROM_INSURER},
        },
        "webhook": {
            "address": None,
            "title": "Your endpoint",
            "description": _WEBHOOK,
            "messages": {"webhook": _message_ref("webhook")},
        },
        "https_replies": {
            "address": "/v1/insurers/{insurer}/replies",
            "title": "Our endpoint for replies",
            "description": _POST_REPLIES,
            "servers": [{"$ref": "#/servers/https"}],
            "parameters": insurer,
            "messages": {"https_reply": _message_ref("https_reply")},
        },
    }


def _operations() -> Document:
    return {
        "readMessages": _operation("receive", "messages", "Read what policyholders write to you."),
        "sendReply": _operation("send", "replies", "Answer an alias."),
        "receiveWebhook": _operation("receive", "webhook", "The same events at your endpoint.", http=True),
        "postReply": _operation("send", "https_replies", "Answer an alias over HTTPS.", http=True),
    }


def _operation(action: str, channel: str, summary: str, *, http: bool = False) -> Document:
    bindings = {"bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}} if http else {}
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary, **bindings}


def _message_ref(name: str) -> Document:
    return {"$ref": f"#/components/messages/{name}"}


def _webhook_message() -> Document:
    return {
        "name": "webhook",
        "summary": "One event, in an envelope of type, time and data.",
        "contentType": "application/json",
        "headers": _signature_headers(),
        "payload": {
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": {"type": "string", "enum": [each.type for each in _TO_INSURER]},
                "timestamp": {"type": "string", "format": "date-time"},
                "data": {
                    "oneOf": [{"$ref": f"#/components/schemas/{each.__name__}"} for each in _TO_INSURER]
                },
            },
        },
    }


def _https_reply() -> Document:
    return {
        "name": "https_reply",
        "summary": "An answer to an alias.",
        "contentType": "application/json",
        "headers": _signature_headers(),
        "payload": {"$ref": f"#/components/schemas/{InsurerReply.__name__}"},
    }


def _signature_headers() -> Document:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "type": "object",
        "required": list(names),
        "properties": {name: {"type": "string"} for name in names},
    }
