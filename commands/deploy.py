"""``edgezoo deploy``."""

import functools
import os
import sys

import click

from . import options
from .output import json_or_table, line, table


@click.command("deploy")
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE...", type=options.PATH)
@options.devices
@click.option("--verify", is_flag=True, help="Only check the bundles: manifest, checksums, golden answers here.")
@options.data_if_any
@options.split
@options.limit
@options.classes_by_position
@options.threads
@options.delegate
@options.skip_bad
@click.option("-o", "--output", metavar="REPORT", type=options.PATH, help="Folder of a report, as `compare` writes it.")
@json_or_table
def command(bundles, devices, verify, data, output, skip_bad, split, limit, classes_by_position, **how):
    """Puts BUNDLEs of `edgezoo export` on devices and runs them there.

    A bundle must be as its manifest says. On each device its golden pictures must get the golden answers; then latency
    is measured by the rules of `benchmark`, and with --data accuracy. What was measured before a device fails is kept
    in REPORT/unfinished, and the same command goes on from there.

    \b
    edgezoo deploy out/phone --verify
    edgezoo deploy out/phone
    edgezoo deploy out/browser --device browser     # shows the page, until Ctrl-C; measures with --data or --json
    edgezoo deploy out/raspberry-pi --device local --device ssh://pi@raspberrypi --data fashion_mnist -o report
    """
    if verify:
        yield from _verify(bundles)
        return
    if len(bundles) == 1 and not (data or output or click.get_current_context().params["as_json"]):
        from ..runtime.devices import device_at

        addresses = [device_at(device) for device in devices]
        if [address.scheme for address in addresses] == ["browser"]:
            yield from _serve(bundles[0], addresses[0])
            return
    from ..evaluate import deploy_bundles, tabulate

    load = None
    if data:
        from ..datasets import load_dataset

        load = functools.partial(load_dataset, data, skip_bad=skip_bad)
        how |= {"split": split, "limit": limit, "classes_by_position": classes_by_position}
    document = deploy_bundles(bundles, load, output, devices=devices, **how)
    yield document
    table(document.get("title") or f"{', '.join(bundles)} on {', '.join(devices)}", *tabulate(document, "deployment"))
    for sentence in document.get("notes", ()):
        line(f"Note: {sentence}")
    if not data:
        line("Without --data only the golden pictures were checked, and no accuracy is known.")
    if output is not None:
        line(f"report: {os.path.join(output, 'report.html')}")


def _serve(bundle, address):
    """Shows a bundle's page to people, until Ctrl-C."""
    import threading

    from ..common.errors import EdgezooError
    from ..export import verify_bundle
    from ..export.serving import serve
    from ..runtime.devices.browser.session import port_of

    if failure := verify_bundle(bundle, golden=False)["failure"]:
        raise EdgezooError(failure)
    with serve(bundle, port_of(address)) as server:
        yield {}
        line(f"{server.address} shows {bundle} to browsers on this machine, until Ctrl-C.")
        sys.stdout.flush()
        threading.Event().wait()


def _verify(bundles):
    from ..common.errors import EdgezooError
    from ..export import verify_bundle

    documents, failures = [], []
    for bundle in dict.fromkeys(bundles):
        try:
            documents.append(verify_bundle(bundle))
        except EdgezooError as error:
            failures.append(str(error))
    failures += [document["failure"] for document in documents if document["failure"]]
    yield {"bundles": documents, "failure": " ".join(failures)}
    for document in documents:
        whole = [row for row in document["checks"] if row["ok"] and row["name"] == "checksum"]
        rows = [(f"{len(whole)} files", "checksum", "ok", "are as in the manifest")] if whole else []
        rows += [
            (row["file"], row["name"], "ok" if row["ok"] else "wrong", row["detail"])
            for row in document["checks"]
            if row not in whole
        ]
        table(document["bundle"], ["file", "check", "", "what"], rows)
        for sentence in document["notes"]:
            line(f"Note: {sentence}")
