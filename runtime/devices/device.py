"""What a device is, and how one is named on the command line."""

import dataclasses
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from ...common.errors import EdgezooError, UnknownName

#: Settings of devices with a shell: name or path of their Python, and a folder there for what is pushed.
SHELL_SETTINGS = ("python", "folder")
#: Settings that are told in documents.
_TOLD = ("python", "accelerator")


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a device is.

    Attributes:
        scheme: name of the kind of device.
        user, host, port: ``None`` where the address does not say.
        serial: what ``SCHEME:SERIAL`` names; ``None`` where it does not.
        settings: what stands behind its ``?``, by name.
    """

    scheme: str
    user: str | None = None
    host: str | None = None
    port: int | None = None
    serial: str | None = None
    settings: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def __str__(self):
        """The address as documents have it: of its settings those that make two devices of one."""
        if self.host is None:
            place = f"{self.scheme}:{self.serial}" if self.serial else self.scheme
        else:
            host = f"[{self.host}]" if ":" in self.host else self.host
            place = f"{self.scheme}://{f'{self.user}@' * bool(self.user)}{host}{f':{self.port}' * bool(self.port)}"
        told = "&".join(f"{name}={self.settings[name]}" for name in _TOLD if name in self.settings)
        return f"{place}?{told}" if told else place


@dataclasses.dataclass(frozen=True)
class Device:
    """One kind of device.

    One with a shell and Python has a ``command``; what is measured there is the business of ``job.py``. Any other has
    ``latency`` and ``answers``.

    Attributes:
        name: the scheme of its addresses.
        form: of its addresses, for people.
        description: what it is, for people.
        command: from an ``Address`` to the command line, a list, that leads to a shell there: ``launch.py``.
        why: from the exit status of that command and the last line that it wrote to what was wrong and what to do, or
            ``None`` where it has nothing to do with how the device is reached.
        latency, answers: what ``job.latency_on`` and ``job.answers_on`` say, with the same arguments; ``None`` where a
            shell is used. Where no single times can be had, a row's ``times`` are empty, and it has ``runs``,
            ``latency_ms`` as of ``evaluate.latency.summarize`` with ``None`` for what is not known, and a
            ``timing_note``.
        needs_host: whether its addresses name one.
        has_serial: whether they may name one of several devices, ``NAME:SERIAL``.
        settings: names of what may stand behind the ``?`` of its addresses.
        python: the Python there, where an address does not say.
    """

    name: str
    form: str
    description: str
    command: Callable | None = None
    why: Callable = lambda status, last: None
    latency: Callable | None = None
    answers: Callable | None = None
    needs_host: bool = False
    has_serial: bool = False
    settings: tuple[str, ...] = SHELL_SETTINGS
    python: str = "python3"


def parse(text, devices):
    """An ``Address`` from ``local``, ``ssh://USER@HOST:PORT?python=…&folder=…``, ``adb:SERIAL``.

    Args:
        devices: name → ``Device``.

    Raises:
        UnknownName: a scheme or a setting that there is not.
        EdgezooError: the rest is of another form.
    """
    name, _, query = text.partition("?")
    name, _, serial = name.partition(":") if "://" not in name else (name, "", "")
    try:
        parts = urlsplit(name if "://" in name else f"{name}://")
        scheme, port = parts.scheme or name, parts.port
        settings = dict(parse_qsl(query, keep_blank_values=True, strict_parsing="?" in text))
    except ValueError as error:
        raise EdgezooError(f"{text!r} is no address of a device ({error}); {_forms(devices)}.") from error
    device = devices[scheme]
    for key in settings:
        if key not in device.settings:
            remedy = f"there are {', '.join(device.settings)}" if device.settings else f"{scheme} has none"
            raise UnknownName("setting of a device", key, device.settings, remedy)
    if parts.password is not None:
        raise EdgezooError(f"{device.name}: no password may stand in an address; put your public key on the device.")
    # What ssh and the configuration of its user make of a name is theirs to know: names with other letters are refused.
    names = [each for each in (parts.username, parts.hostname, serial or None) if each is not None]
    if (
        bool(parts.hostname) != device.needs_host
        or (":" in text.partition("?")[0] and not parts.hostname and not (serial and device.has_serial))
        or parts.path.strip("/")
        or parts.fragment
        or not all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:%-]*", each) for each in names)
        or not all(value.isprintable() and value for value in settings.values())
    ):
        raise EdgezooError(f"{text!r} is no address of a device; it is of the form {device.form}.")
    return Address(device.name, parts.username, parts.hostname, port, serial or None, settings)


def _forms(devices):
    return "it is " + " or ".join(device.form for device in devices.values())
