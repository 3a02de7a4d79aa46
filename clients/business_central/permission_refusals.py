"""Which of Business Central's answers refuse for want of a permission, and what they name. Pure.

The status says little: one refusal comes with 400 and with 403, and its code is Internal_ServerError. So the text is
read, in each of the forms that are known. Sources: docs/reference/facts-business-central.md, "Refusals for want of a
permission". What a refusal means depends on who asked: for the application that runs this, the remedies stand in
`errors.py`; for an integration, in `reconcilers/proof/causes.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from clients.http.errors import ServiceError

Refused = Literal[
    "object", "entitlement", "company", "managing users", "managing extensions", "handing out", "not said"
]

MEANINGS: dict[Refused, str] = {
    "object": "permission sets do not have the right on this object",
    "entitlement": "what the application roles of the token (or a licence) open does not have the right",
    "company": "no permission set is for this company",
    "managing users": "it takes SUPER or SECURITY",
    "managing extensions": "it takes EXTEN. MGT. - ADMIN",
    "handing out": "the caller does not hold the permission set itself",
    "not said": "a permission is missing; the text names nothing",
}
"""What each means, in words."""

COMPANY_TABLE = (2000000006, "Company")
"""Number and name of the table that has the companies."""

_STATUSES = {400, 401, 403}


@dataclass(frozen=True)
class PermissionRefusal:
    """A refusal for want of a permission, and as much as its text says.

    Attributes:
        refused: what is refused.
        object_type: "TableData", "Page", "Query" and the like; "" where no object is named.
        number: the object's number, 0 where the text has none.
        name: the object's name, "" where the text has none.
        right: "Read", "Execute" and the like, as the text has them; "" where no object is named.
    """

    refused: Refused
    object_type: str = ""
    number: int = 0
    name: str = ""
    right: str = ""

    def __str__(self) -> str:
        """Say what is wanted, as "Execute on Page 30009 APIV2 - Customers"; "" where no object is named."""
        named = " ".join(filter(None, [self.object_type, str(self.number or ""), self.name]))
        return f"{self.right} on {named}" if self.right else ""

    @property
    def is_inside_a_company(self) -> bool:
        """Whether the company had been opened: an object is named, and it is not the table of the companies."""
        if self.refused not in {"object", "entitlement"} or not self.object_type:
            return False
        number, name = COMPANY_TABLE
        is_table = self.object_type.casefold() in {"tabledata", "table"}
        return not (is_table and (self.number == number or self.name.casefold() == name.casefold()))

    @property
    def is_of_companion(self) -> bool:
        """Whether it is about an object of the companion extension, by its number (8845n) or its name."""
        return 88450 <= self.number <= 88459 or self.name.startswith("EBC ")


@dataclass(frozen=True)
class Form:
    """One form of text in which Business Central refuses.

    Attributes:
        text: regular expression, for any case; its groups `type`, `object` and `right` are what it names.
        refused: as the attribute of `PermissionRefusal`.
        example: such a text.
        source: where it was found.
        code: how the code begins; of most forms it says nothing.
        comes_with: the codes that it was seen with, or that follow from the source; for docs/reference/errors.md.
    """

    text: str
    refused: Refused
    example: str
    source: str
    code: str = ""
    comes_with: str = "Internal_ServerError"

    @property
    def says(self) -> str:
        """What it means, in words."""
        return MEANINGS[self.refused]


_TYPES = "TableData|Table|Page|Code[Uu]nit|Report|Query|XMLport|System"
_RIGHTS = "(?:Indirect ?)?(?:Read|Insert|Modify|Delete|Execute)"
# The object of either form is a number, a name, or both; a name may have blanks, digits, colons and quotes.
_OBJECT = rf"(?P<type>{_TYPES}) (?P<object>[^\r\n]+?)"

FORMS = (
    Form(
        rf"\({_OBJECT} (?P<right>{_RIGHTS}): [^\r\n]*\)",  # the words before it follow the language, this does not
        "object",
        "Sorry, the current permissions prevented the action. (TableData 38 Purchase Header Modify: Base Application)",
        "seen with status 403, by number and name (wiki.myrapidi.com/wiki/403_forbidden) and by name alone "
        "(hougaard/Simple-Object-Designer#149)",
    ),
    Form(
        rf"(?:licen[sc]e|entitlement)[^\r\n]* not grant you the following permissions on (?:the )?{_OBJECT}: "
        rf"(?P<right>{_RIGHTS}(?:, {_RIGHTS})*)",
        "entitlement",
        "Your license does not grant you the following permissions on CodeUnit 6495 B2Brouter Integration: Execute",
        "seen in a client (microsoft/BCApps#9040); from a web service unread",
    ),
    Form(
        rf"following permissions on (?:the )?{_OBJECT}: (?P<right>{_RIGHTS}(?:, {_RIGHTS})*)",
        "object",
        "You do not have the following permissions on Page APIV2 - Customers: Execute.",
        "seen with status 400 (MicrosoftDocs/dynamics365smb-devitpro-pb#1966); tables by number or by name: AL (tests)",
    ),
    Form(
        "no permission to (?:the )?company|not have (?:permission|access) to (?:open )?(?:the )?company",
        "company",
        "User has no permission to company 'CRONUS DK'.",
        "documented for telemetry; in an answer unread",
    ),
    Form(
        "SUPER or SECURITY|cannot change settings for another user|CanManageUsers",
        "managing users",
        "You need to have either SUPER or SECURITY permission set to update the state of the application.",
        "AL",
        comes_with="Application_DialogException",
    ),
    Form(
        "permissions? to manage extensions",
        "managing extensions",
        "You do not have sufficient permissions to manage extensions. Please contact your administrator.",
        "seen (MicrosoftDocs/dynamics365smb-devitpro-pb#1804)",
    ),
    Form(
        "permission set[^\r\n]* (?:assigned|hold|have)|only assign",
        "handing out",
        "You cannot assign or remove the permission set NPR NP RETAIL, because it is not assigned to your own account.",
        "the rule is documented, the words are ours",
        comes_with="Application_DialogException",
    ),
    Form(
        "permissions? prevented the action",
        "not said",
        "Sorry, the current permissions prevented the action.",
        "the first form, without what stands in brackets: inferred",
    ),
    Form("", "not said", "", "documented as a family of codes; none was seen", code="Authorization_"),
)
"""The forms, the more telling first."""


def permission_refusal(problem: ServiceError) -> PermissionRefusal | None:
    """Return what an answer refuses for want of a permission, None where it is about something else."""
    if problem.status not in _STATUSES:
        return None
    for form in FORMS:
        found = re.search(form.text, problem.message, re.IGNORECASE)
        if found is None or not problem.code.startswith(form.code):
            continue
        if "object" not in found.groupdict():
            return PermissionRefusal(form.refused)
        number, name = _number_and_name(found["object"])
        return PermissionRefusal(form.refused, found["type"], number, name, found["right"])
    return None


def _number_and_name(named: str) -> tuple[int, str]:
    number = re.match(r"(\d+)(?:\s+|$)", named)
    name = named[number.end() :] if number else named
    return int(number[1]) if number else 0, name.strip("\"' ")
