"""What a device is, and how one is named on the command line."""

import dataclasses
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from ...common.errors import EdgezooError, UnknownName

#: What may stand behind the ``?`` of an address.
_SETTINGS = ("python", "folder")


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a device is.

    Attributes:
        scheme: name of the kind of device.
        user, host, port: ``None`` where the address does not say.
        python: name or path of its Python; ``None`` for the usual one of the kind.
        folder: on the device, for what is pushed; ``None`` for a cache folder in its user's home.
    """

    scheme: str
    user: str | None = None
    host: str | None = None
    port: int | None = None
    python: str | None = None
    folder: str | None = None

    def __str__(self):
        """The address without its settings, as documents have it."""
        if self.host is None:
            return self.scheme
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{f'{self.user}@' * bool(self.user)}{host}{f':{self.port}' * bool(self.port)}"


@dataclasses.dataclass(frozen=True)
class Device:
    """One kind of device.

    Attributes:
        name: the scheme of its addresses.
        form: of its addresses, for people.
        description: what it is, for people.
        command: from an ``Address`` to the command line, a list, that leads to a shell there: ``launch.py``.
        why: from the exit status of that command and the last line that it wrote to what was wrong and what to do, or
            ``None`` where it has nothing to do with how the device is reached.
        needs_host: whether its addresses name one.
        python: the Python there, where an address does not say.
    """

    name: str
    form: str
    description: str
    command: Callable
    why: Callable = lambda status, last: None
    needs_host: bool = False
    python: str = "python3"


def parse(text, devices):
    """An ``Address`` from ``local``, ``ssh://USER@HOST:PORT?python=…&folder=…``.

    Args:
        devices: name → ``Device``.

    Raises:
        UnknownName: a scheme or a setting that there is not.
        EdgezooError: the rest is of another form.
    """
    try:
        parts = urlsplit(text if "://" in text else f"{text.partition('?')[0]}://?{text.partition('?')[2]}")
        scheme, port = parts.scheme or text, parts.port
        settings = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise EdgezooError(f"{text!r} is no address of a device ({error}); {_forms(devices)}.") from error
    device = devices[scheme]
    for key in settings:
        if key not in _SETTINGS:
            raise UnknownName("setting of a device", key, _SETTINGS, f"there are {', '.join(_SETTINGS)}")
    if parts.password is not None:
        raise EdgezooError(f"{device.name}: no password may stand in an address; put your public key on the device.")
    # What ssh and the configuration of its user make of a name is theirs to know: names with other letters are refused.
    names = [name for name in (parts.username, parts.hostname) if name is not None]
    if (
        bool(parts.hostname) != device.needs_host
        or parts.path.strip("/")
        or parts.fragment
        or not all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:%-]*", name) for name in names)
        or not all(value.isprintable() and value for value in settings.values())
    ):
        raise EdgezooError(f"{text!r} is no address of a device; it is of the form {device.form}.")
    return Address(device.name, parts.username, parts.hostname, port, **settings)


def _forms(devices):
    return "it is " + " or ".join(device.form for device in devices.values())
