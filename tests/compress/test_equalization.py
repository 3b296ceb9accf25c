"""Channels brought to one range: the network answers as before, and int8 as the network."""


def test_int8_loses_where_channels_differ(uneven):
    assert uneven.top1(uneven.keras) - uneven.top1(uneven.int8) > 0.01
