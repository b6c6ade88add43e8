"""Corrects moto's answers where they differ from AWS and a rollout needs them.

These are service-linked role names, malformed trust policies, policy simulation, CloudFront's quotas, pricing
plans, and tagged distributions, which moto does not know, because CloudFront is our own.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote
from xml.sax.saxutils import escape

from edgerollout.emulator.iam_simulation import context_of, decide, members_of, results_xml
from edgerollout.emulator.messages import Request, Response
from edgerollout.emulator.moto_bridge import SERVICE_LINKED_ROLES, Moto, form_of

if TYPE_CHECKING:
    from edgerollout.emulator.account_books import Books
    from edgerollout.emulator.identity import Caller

_IAM = "https://iam.amazonaws.com/doc/2010-05-08/"
TaggedResources = Callable[[str], list[tuple[str, dict[str, str]]]]
"""An account's tagged distributions: ARN and tags."""


def _iam(action: str, result: str) -> Response:
    text = (
        f'<{action}Response xmlns="{_IAM}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{action}Response>"
    )
    return Response(200, (("content-type", "text/xml"),), text.encode())


def iam_error(code: str, message: str, status: int = 400) -> Response:
    """IAM's error document."""
    text = (
        f'<ErrorResponse xmlns="{_IAM}"><Error><Type>Sender</Type><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return Response(status, (("content-type", "text/xml"),), text.encode())


def trust_policy_problem(text: str) -> str | None:
    """What is wrong with a role's trust policy, in IAM's words, or None."""
    try:
        document = json.loads(text)
    except ValueError:
        return "This policy contains invalid Json"
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        return "Syntax errors in policy."
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            return "Syntax errors in policy."
        if "Principal" not in statement:
            return "Missing required field Principal"
        if "Action" not in statement and "NotAction" not in statement:
            return "Missing required field Action"
        if "Resource" in statement:
            return "Has prohibited field Resource"
    return None


class Corrections:
    """Answers that replace moto's, or change them."""

    def __init__(self, moto: Moto, tagged: TaggedResources, books: Books) -> None:
        self._moto = moto
        self._tagged = tagged
        self._books = books

    def answer(self, request: Request, caller: Caller, host: str) -> Response:
        """The answer to anything that is neither CloudFront nor Lambda."""
        form = form_of(request) if caller.service == "iam" else {}
        action = form.get("Action", "")
        if action in ("CreateRole", "UpdateAssumeRolePolicy"):
            name = "AssumeRolePolicyDocument" if action == "CreateRole" else "PolicyDocument"
            problem = trust_policy_problem(form.get(name, ""))
            if problem is not None:
                return iam_error("MalformedPolicyDocument", problem)
        if action == "CreateServiceLinkedRole" and form.get("AWSServiceName") in SERVICE_LINKED_ROLES:
            return self._service_linked_role(caller.account, form["AWSServiceName"])
        if action == "SimulatePrincipalPolicy":
            return self._simulation(form)
        known = self._books.answer(request, caller)
        if known is not None:
            return known
        response = self._moto.answer(request, caller, host)
        target = request.headers.get("x-amz-target", "")
        if target == "ResourceGroupsTaggingAPI_20170126.GetResources" and response.status == 200:
            return self._with_distributions(request, response, caller)
        return response

    def _service_linked_role(self, account: str, service: str) -> Response:
        found = self._moto.create_service_linked_role(account, service)
        if found is None:
            return iam_error(
                "InvalidInput",
                f"Service role name {SERVICE_LINKED_ROLES[service]} has been taken in this account, "
                "please try a different suffix.",
            )
        created = found.create_date.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _iam(
            "CreateServiceLinkedRole",
            f"<Role><Path>{found.path}</Path><RoleName>{found.name}</RoleName><RoleId>{found.id}</RoleId>"
            f"<Arn>{found.arn}</Arn><CreateDate>{created}</CreateDate>"
            f"<AssumeRolePolicyDocument>{quote(found.assume_role_policy_document)}</AssumeRolePolicyDocument>"
            "</Role>",
        )

    def _simulation(self, form: dict[str, str]) -> Response:
        arn = form.get("PolicySourceArn", "")
        policies = self._moto.principal_policies(arn)
        if policies is None:
            return iam_error("NoSuchEntity", f"The principal {arn} cannot be found.", 404)
        context = context_of(form)
        decisions = [
            decide(policies, action, resource, context)
            for action in members_of(form, "ActionNames")
            for resource in members_of(form, "ResourceArns") or ["*"]
        ]
        return _iam("SimulatePrincipalPolicy", results_xml(decisions))

    def _with_distributions(self, request: Request, response: Response, caller: Caller) -> Response:
        """moto's page with the tagged distributions added; a distribution belongs to us-east-1."""
        asked = cast("dict[str, Any]", json.loads(request.body or b"{}"))
        answer = cast("dict[str, Any]", json.loads(response.body))
        kinds = asked.get("ResourceTypeFilters") or []
        wanted = not kinds or any(kind in ("cloudfront", "cloudfront:distribution") for kind in kinds)
        if caller.region != "us-east-1" or not wanted or asked.get("PaginationToken"):
            return response
        arns = asked.get("ResourceARNList") or []
        for arn, tags in self._tagged(caller.account):
            matches = all(
                tag_filter["Key"] in tags
                and (not tag_filter.get("Values") or tags[tag_filter["Key"]] in tag_filter["Values"])
                for tag_filter in asked.get("TagFilters") or []
            )
            if matches and (not arns or arn in arns):
                answer["ResourceTagMappingList"].append(
                    {
                        "ResourceARN": arn,
                        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                    }
                )
        return Response(response.status, response.headers, json.dumps(answer).encode())
