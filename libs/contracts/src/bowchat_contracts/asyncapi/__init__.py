"""The two AsyncAPI 3 documents, made from the topic table and the schemas: one for partners, one for ourselves."""

from bowchat_contracts.asyncapi.internal import internal_document
from bowchat_contracts.asyncapi.partner import partner_document

__all__ = ["internal_document", "partner_document"]
