"""What any pack costs: it attests, so that the program runs, and judges nothing. For benchmarks on a sandbox only."""

import os

from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

from blueprint import attestation

attestation.write(os.environ["PULUMI_STACK"])
PolicyPack(
    "empty", [ResourceValidationPolicy("nothing", "Nothing", lambda _args, _report: None, EnforcementLevel.ADVISORY)]
)
