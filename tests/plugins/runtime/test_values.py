"""The magic strings of the wire are the SDK's: it is not asked for them at a start, which would cost its import."""

from __future__ import annotations

from pulumi.runtime import rpc

from plugins.runtime import values


def test_what_marks_a_wrapped_or_an_unknown_value_is_what_the_sdk_sends() -> None:
    ours = (values._SIGNATURE, values._SECRET, values._OUTPUT, values._RESOURCE)
    theirs = (
        rpc._special_sig_key,
        rpc._special_secret_sig,
        rpc._special_output_value_sig,
        rpc._special_resource_sig,
    )
    assert ours == theirs
    assert values._UNKNOWNS[0] == rpc.UNKNOWN
