"""The policies and contacts that the aggregator imported: a journal in the database, a book in memory."""

from bowchat_router.policies.imports import Imports
from bowchat_router.policies.view import Policies, WithImports

__all__ = ["Imports", "Policies", "WithImports"]
