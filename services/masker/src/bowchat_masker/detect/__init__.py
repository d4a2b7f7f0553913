"""What a person typed that is not for an insurer: found, and replaced by typed placeholders."""

from bowchat_masker.detect.hits import Finding, MaskedText, MaskingError
from bowchat_masker.detect.masking import mask, masked

__all__ = ["Finding", "MaskedText", "MaskingError", "mask", "masked"]
