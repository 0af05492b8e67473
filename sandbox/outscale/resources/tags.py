"""Tags: on any kind of resource that has them, by id."""

from __future__ import annotations

from sandbox.outscale import paging
from sandbox.outscale.errors import ApiError
from sandbox.outscale.kinds import by_prefix, table
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota
from sandbox.outscale.store import Record, check_id

KEY_LENGTH = range(1, 256)
VALUE_LENGTH = range(256)


@operation("CreateTags")
def create_tags(call: Call) -> Answer:
    tags = call.request["Tags"]
    for tag in tags:
        if len(tag["Key"]) not in KEY_LENGTH:
            raise ApiError("invalid-tag-key", "a tag key has 1 to 255 characters")
        if len(tag["Value"]) not in VALUE_LENGTH:
            raise ApiError("invalid-tag-value-length", "a tag value has 0 to 255 characters")
    for record in _resources(call):
        kept = {tag["Key"]: tag["Value"] for tag in [*record["Tags"], *tags]}
        quota(call, "tag_per_resource", len(kept), "too-many-tags", wanted=0)
        call.store.update(record, Tags=[{"Key": key, "Value": value} for key, value in kept.items()])
    return {}


@operation("DeleteTags")
def delete_tags(call: Call) -> Answer:
    gone = {(tag["Key"], tag["Value"]) for tag in call.request["Tags"]}
    for record in _resources(call):
        left = [tag for tag in record["Tags"] if (tag["Key"], tag["Value"]) not in gone]
        call.store.update(record, Tags=left)
    return {}


def _resources(call: Call) -> list[Record]:
    """The resources named; one that does not exist refuses the whole call."""
    if not call.request["ResourceIds"] or not call.request["Tags"]:
        raise ApiError("missing-parameter", "ResourceIds and Tags must not be empty")
    found = []
    for resource_id in dict.fromkeys(call.request["ResourceIds"]):
        spec = by_prefix(resource_id)
        if spec is None or spec.tag_type is None:
            raise ApiError("invalid-id-prefix", f"{resource_id} is not a kind of resource that can be tagged")
        check_id(resource_id, spec.prefix, spec.digits)
        record = call.store.get(resource_id, spec.name)
        if record is None:
            raise ApiError("no-such-resource", f"{resource_id} does not exist")
        found.append(record)
    return found


@operation("ReadTags")
def read_tags(call: Call) -> Answer:
    wanted = call.request.get("Filters", {})
    fields = {"Keys": "Key", "Values": "Value", "ResourceIds": "ResourceId", "ResourceTypes": "ResourceType"}
    found = []
    for spec in table().values():
        if spec.tag_type is None:
            continue
        for record in call.store.all(spec.name, gone=True):
            for position, tag in enumerate(record["Tags"]):
                shown = {**tag, "ResourceId": record.id, "ResourceType": spec.tag_type}
                if all(shown[fields[name]] in allowed for name, allowed in wanted.items()):
                    found.append((record.seq * 1000 + position, shown))
    items, token = paging.page(sorted(found, key=lambda pair: pair[0]), call.operation, call.request)
    return {"Tags": items, **({"NextPageToken": token} if token else {})}
