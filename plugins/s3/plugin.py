"""The plugin `s3`: buckets on any S3-compatible storage, with what each of them lacks refused by name."""

from __future__ import annotations

from plugins.runtime.declare import Field, Plugin
from plugins.s3.bucket import BUCKET
from plugins.s3.session import Session, connect

PLUGIN: Plugin[Session] = Plugin(
    "s3",
    "0.1.0",
    "Buckets on S3-compatible object storage.",
    kinds=(BUCKET,),
    configuration=(
        Field("endpoint", description="URL of the storage. Default: $OOS_ENDPOINT."),
        Field("region", description="Region that signs. Default: $OSC_REGION."),
        Field("accessKey", secret=True, description="Default: $OOS_ACCESS_KEY, else $OSC_ACCESS_KEY."),
        Field("secretKey", secret=True, description="Default: $OOS_SECRET_KEY, else $OSC_SECRET_KEY."),
        Field("flavor", description="Which storage it is: a flavor of features.yaml. Default: s3 (everything)."),
        Field("caBundle", description="File of the authorities to trust. Default: $AWS_CA_BUNDLE, else the system's."),
    ),
    connect=connect,
    python_package="rempart_s3",
)
