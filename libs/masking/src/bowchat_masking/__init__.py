"""What a person typed that is not for others: found, and replaced by typed placeholders."""

from bowchat_masking.hits import Finding, MaskedText, MaskingError
from bowchat_masking.masking import mask, masked

__all__ = ["Finding", "MaskedText", "MaskingError", "mask", "masked"]
