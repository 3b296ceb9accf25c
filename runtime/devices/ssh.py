"""A machine with an SSH server, by the system's OpenSSH client as its user has configured it.

Host keys are checked as that says. Nobody is asked for anything: a key without a passphrase, or an agent, logs in.
"""

from .device import Device
from .launch import LAUNCH

#: What OpenSSH says → what to do about it.
_REASONS = {
    "REMOTE HOST IDENTIFICATION HAS CHANGED": (
        "its host key is not the one that ssh knows; find out why before you remove the old one with `ssh-keygen -R`"
    ),
    "Host key verification failed": "ssh does not know its host key; connect once with ssh, and compare the key",
    "Permission denied": "it refuses the login; put your public key there with ssh-copy-id, and see that ssh logs in",
    "Could not resolve hostname": "there is no host of that name; check the address",
    "Connection refused": "nothing listens there; check the port, and that its SSH server runs",
    "timed out": "it does not answer; check the address, and that it is switched on",
    "No route to host": "it cannot be reached; check the address and the network",
    "closed by": "it closed the connection before anything ran; try again, and see that ssh logs in",
    "Connection reset": "it closed the connection before anything ran; try again, and see that ssh logs in",
    "Network is unreachable": "it cannot be reached; check the address and the network",
}


def _command(address):
    options = [
        *("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15"),
        # A device that is switched off is told from one that computes.
        *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"),
    ]
    if address.port:
        options += ["-p", str(address.port)]
    if address.user:
        options += ["-l", address.user]
    return ["ssh", *options, "--", address.host, f"exec /bin/sh -c '{LAUNCH}'"]


def _why(status, log):
    if status != 255:  # ssh's own; else that of the command there
        return None
    return next((f"{reason}." for said, reason in _REASONS.items() if said in log), None)


DEVICE = Device(
    "ssh",
    form="ssh://[USER@]HOST[:PORT]",
    description="a machine with an SSH server",
    command=_command,
    why=_why,
    needs_host=True,
)
