"""Files with secrets in every place that their formats have for them, made by code."""

from bowchat_testkit.media.documents import pdfs
from bowchat_testkit.media.others import others
from bowchat_testkit.media.pictures import pictures
from bowchat_testkit.media.secrets import SECRETS

__all__ = ["SECRETS", "corpus", "others", "pdfs", "pictures"]


def corpus() -> dict[str, bytes]:
    """Every file, by name."""
    return {**pictures(), **pdfs(), **others()}
