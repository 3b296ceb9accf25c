"""``edgezoo deploy``."""

import click

from . import options
from .output import json_or_table, line, table


@click.command("deploy")
@click.argument("bundle", metavar="BUNDLE", type=options.PATH)
@options.devices
@options.data_if_any
@options.split
@options.limit
@options.threads
@options.delegate
@options.skip_bad
@click.option("-o", "--output", metavar="REPORT", type=options.PATH, help="Folder of a report, as `compare` writes it.")
@json_or_table
def command(bundle, devices, data, output, skip_bad, split, limit, **how):
    """Puts a BUNDLE of `edgezoo export` on devices and runs it there.

    On each device the golden pictures of the bundle must get the golden answers; latency is measured by the rules, with
    --data accuracy, too.

    \b
    edgezoo deploy out/phone
    edgezoo deploy out/raspberry-pi --device ssh://pi@raspberrypi --data fashion_mnist -o report
    """
    from ..evaluate import deploy_bundle

    dataset = None
    if data:
        from ..datasets import load_dataset

        dataset = load_dataset(data, skip_bad=skip_bad)
        how |= {"split": split, "limit": limit}
    document = deploy_bundle(bundle, devices, dataset=dataset, report_dir=output, **how)
    yield document
    from ..evaluate import tabulate

    if dataset:
        from .compare import print_comparison

        print_comparison(document, output)
    else:
        table(f"{bundle} on {', '.join(devices)}", *tabulate(document, "latency"))
        line("Without --data only the golden pictures were run, and no accuracy is known.")
