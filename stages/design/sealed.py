"""How files begin that age has encrypted."""

_BEGINNINGS = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")  # as bytes, and as text
LONGEST = max(map(len, _BEGINNINGS))


def is_sealed(start: bytes) -> bool:
    """Whether a file that begins with these bytes, `LONGEST` of them or more, is encrypted by age."""
    return start.startswith(_BEGINNINGS)
