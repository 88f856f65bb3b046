"""AWS's public on-demand prices, in US dollars, each with its unit and the month in which it was noted.

They are those of us-east-1, without free tiers, discounts or taxes, noted by hand from AWS's price pages: an estimate
is for comparing and for noticing surprises, not for an invoice. A key is `service.item`; a component's cost drivers
name it (`Cost.item`) with a quantity of that unit per month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HOURS = 730.0
"""Hours of a month, as AWS's own calculator counts them."""

REGION = "us-east-1"


@dataclass(frozen=True)
class Price:
    """`usd` per `unit`; `noted` is the month in which it was read, `page` where."""

    usd: float
    unit: str
    page: str
    noted: str = "2025-06"


def _page(service: str) -> str:
    return f"https://aws.amazon.com/{service}/pricing/"


def _hourly(service: str, page: str, kinds: Mapping[str, float]) -> dict[str, Price]:
    return {f"{service}.{kind}_hour": Price(usd, "hour", _page(page)) for kind, usd in kinds.items()}


_EC2 = {
    "t3.micro": 0.0104,
    "t3.small": 0.0208,
    "t3.medium": 0.0416,
    "t3.large": 0.0832,
    "t3.xlarge": 0.1664,
    "t3.2xlarge": 0.3328,
    "m5.large": 0.096,
    "m5.xlarge": 0.192,
    "r5.large": 0.126,
    "c5.large": 0.085,
}
_RDS = {
    "db.t3.micro": 0.018,
    "db.t3.small": 0.036,
    "db.t3.medium": 0.072,
    "db.t3.large": 0.145,
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.m5.large": 0.178,
    "db.r5.large": 0.25,
}
_DMS = {
    "dms.t3.micro": 0.018,
    "dms.t3.small": 0.036,
    "dms.t3.medium": 0.074,
    "dms.t3.large": 0.148,
    "dms.c5.large": 0.154,
    "dms.c5.xlarge": 0.308,
    "dms.r5.large": 0.206,
    "dms.r5.xlarge": 0.412,
    "serverless_dcu": 0.087,
}

PRICES: Mapping[str, Price] = {
    **_hourly("ec2", "ec2", _EC2),
    **_hourly("rds", "rds/postgresql", _RDS),
    **_hourly("dms", "dms", _DMS),
    "athena.tb_scanned": Price(5.0, "TB", _page("athena")),
    "budgets.budget": Price(0.0, "budget", _page("aws-cost-management/aws-budgets")),
    "cloudtrail.data_events_100k": Price(0.10, "100,000 events", _page("cloudtrail")),
    "cloudtrail.management_events_100k": Price(2.00, "100,000 events after the first trail", _page("cloudtrail")),
    "cloudwatch.alarm": Price(0.10, "alarm", _page("cloudwatch")),
    "cloudwatch.dashboard": Price(3.00, "dashboard", _page("cloudwatch")),
    "cloudwatch.logs_gb_ingested": Price(0.50, "GB", _page("cloudwatch")),
    "cloudwatch.logs_gb_month": Price(0.03, "GB-month", _page("cloudwatch")),
    "cloudwatch.metric": Price(0.30, "custom metric", _page("cloudwatch")),
    "dms.storage_gb_month": Price(0.115, "GB-month", _page("dms")),
    "dynamodb.read_million": Price(0.125, "million reads", _page("dynamodb")),
    "dynamodb.write_million": Price(0.625, "million writes", _page("dynamodb")),
    "ebs.gp3_gb_month": Price(0.08, "GB-month", _page("ebs")),
    "ec2.public_ipv4_hour": Price(0.005, "hour", _page("vpc")),
    "ecr.gb_month": Price(0.10, "GB-month", _page("ecr")),
    "elb.alb_hour": Price(0.0225, "hour", _page("elasticloadbalancing")),
    "elb.lcu_hour": Price(0.008, "hour", _page("elasticloadbalancing")),
    "eventbridge.million": Price(1.00, "million events", _page("eventbridge")),
    "fargate.gb_hour": Price(0.004445, "GB-hour", _page("fargate")),
    "fargate.spot_gb_hour": Price(0.0013335, "GB-hour", _page("fargate")),
    "fargate.spot_vcpu_hour": Price(0.012144, "vCPU-hour", _page("fargate")),
    "fargate.vcpu_hour": Price(0.04048, "vCPU-hour", _page("fargate")),
    "glue.catalog_100k_objects": Price(1.00, "100,000 objects after the first million", _page("glue")),
    "glue.dpu_hour": Price(0.44, "DPU-hour", _page("glue")),
    "glue.flex_dpu_hour": Price(0.29, "DPU-hour", _page("glue")),
    "guardduty.million_events": Price(4.00, "million management events", _page("guardduty")),
    "kms.key": Price(1.00, "key", _page("kms")),
    "kms.requests_10k": Price(0.03, "10,000 requests", _page("kms")),
    "lambda.gb_second": Price(0.0000166667, "GB-second", _page("lambda")),
    "lambda.million": Price(0.20, "million requests", _page("lambda")),
    "network_firewall.endpoint_hour": Price(0.395, "hour", _page("network-firewall")),
    "network_firewall.gb": Price(0.065, "GB", _page("network-firewall")),
    "rds.gp3_gb_month": Price(0.115, "GB-month", _page("rds/postgresql")),
    "s3.archive_gb_month": Price(0.0036, "GB-month", _page("s3")),
    "s3.deep_archive_gb_month": Price(0.00099, "GB-month", _page("s3")),
    "s3.get_1k": Price(0.0004, "1,000 requests", _page("s3")),
    "s3.infrequent_gb_month": Price(0.0125, "GB-month", _page("s3")),
    "s3.intelligent_gb_month": Price(0.023, "GB-month", _page("s3")),
    "s3.put_1k": Price(0.005, "1,000 requests", _page("s3")),
    "s3.standard_gb_month": Price(0.023, "GB-month", _page("s3")),
    "secretsmanager.requests_10k": Price(0.05, "10,000 requests", _page("secrets-manager")),
    "secretsmanager.secret": Price(0.40, "secret", _page("secrets-manager")),
    "sns.million": Price(0.50, "million requests", _page("sns")),
    "transit_gateway.attachment_hour": Price(0.05, "hour", _page("transit-gateway")),
    "transit_gateway.gb": Price(0.02, "GB", _page("transit-gateway")),
    "vpc.endpoint_gb": Price(0.01, "GB", _page("privatelink")),
    "vpc.endpoint_hour": Price(0.01, "hour per zone", _page("privatelink")),
    "vpc.nat_gb": Price(0.045, "GB", _page("vpc")),
    "vpc.nat_hour": Price(0.045, "hour", _page("vpc")),
    "vpc.vpn_hour": Price(0.05, "hour", _page("vpn")),
}
