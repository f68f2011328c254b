"""The fields of KubeRay's RayJob that the example uses, as its reference of `ray.io/v1` has them.

A field that is not here is refused, as the API server refuses one that it does not know.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
Quantity = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(m|[KMGT]i?)?$")]
Count = Annotated[int, Field(ge=0, lt=2**31)]


class Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Reference(Fields):
    name: Name


class Source(Fields):
    secretRef: Reference


class Amounts(Fields):
    cpu: Quantity
    memory: Quantity


class Resources(Fields):
    requests: Amounts
    limits: Amounts


class Container(Fields):
    name: Name
    image: str
    envFrom: list[Source] = []
    resources: Resources


class Pod(Fields):
    containers: Annotated[list[Container], Field(min_length=1)]


class Template(Fields):
    spec: Pod


class Head(Fields):
    rayStartParams: dict[str, str]
    template: Template


class Workers(Fields):
    groupName: Name
    replicas: Count
    minReplicas: Count
    maxReplicas: Count
    rayStartParams: dict[str, str]
    template: Template


class Authentication(Fields):
    mode: Literal["disabled", "token"]


class Cluster(Fields):
    rayVersion: str
    authOptions: Authentication
    headGroupSpec: Head
    workerGroupSpecs: list[Workers]


class Job(Fields):
    entrypoint: str
    shutdownAfterJobFinishes: bool
    ttlSecondsAfterFinished: Count
    backoffLimit: Count
    activeDeadlineSeconds: Annotated[int, Field(gt=0, lt=2**31)]
    rayClusterSpec: Cluster


class Metadata(Fields):
    # KubeRay makes names of services and pods from it, which have 63 characters.
    generateName: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*-$", max_length=42)]


class RayJob(Fields):
    apiVersion: Literal["ray.io/v1"]
    kind: Literal["RayJob"]
    metadata: Metadata
    spec: Job
