"""S3, CloudWatch and Logs behind the control plane: they answer, for the right account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Aws


def test_a_bucket_takes_and_gives_objects(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), aws.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a/ü b.html", Body=b"<h1>hi</h1>", ContentType="text/html")
    read = s3.get_object(Bucket=bucket, Key="a/ü b.html")
    assert (read["Body"].read(), read["ContentType"]) == (b"<h1>hi</h1>", "text/html")
    assert s3.head_object(Bucket=bucket, Key="a/ü b.html")["ContentLength"] == 11
    assert [content["Key"] for content in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/ü b.html"]
    assert aws.refusal(s3.get_object, Bucket=bucket, Key="missing").code == "NoSuchKey"


def test_a_bucket_keeps_its_website_and_policy(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), aws.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    assert s3.get_bucket_website(Bucket=bucket)["IndexDocument"] == {"Suffix": "index.html"}
    s3.put_bucket_policy(Bucket=bucket, Policy='{"Version": "2012-10-17", "Statement": []}')
    assert "Statement" in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_metrics_and_alarms_can_be_seeded_and_read(aws: Aws) -> None:
    cloudwatch, now = aws.client("cloudwatch"), datetime.now(UTC)
    cloudwatch.put_metric_data(
        Namespace="AWS/CloudFront",
        MetricData=[{"MetricName": "5xxErrorRate", "Value": 3.5, "Timestamp": now}],
    )
    read = cloudwatch.get_metric_statistics(
        Namespace="AWS/CloudFront",
        MetricName="5xxErrorRate",
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Average"],
    )
    assert [datapoint["Average"] for datapoint in read["Datapoints"]] == [3.5]
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="5xxErrorRate",
        Namespace="AWS/CloudFront",
        Period=60,
        Statistic="Average",
        Threshold=1,
    )
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_logs_of_an_edge_region_can_be_written_and_filtered(aws: Aws) -> None:
    logs, group = aws.client("logs", region="eu-west-1"), "/aws/lambda/us-east-1.headers"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(datetime.now(UTC).timestamp() * 1000)
    logs.put_log_events(
        logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "ERROR here"}]
    )
    assert [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]] == [
        "ERROR here"
    ]


def test_accounts_do_not_share_buckets_or_roles(aws: Aws) -> None:
    role = aws.role().rpartition("/")[2]
    assert aws.refusal(aws.client("iam", "888888888888").get_role, RoleName=role).code == "NoSuchEntity"
