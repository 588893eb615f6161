"""Declarations as others write them, read into drafts of `sites/<site>.yaml` for a person to review.

phrases   how long something lasts, in words
draft     what was found, and what has to be looked at
columns   tables: which column says what, whoever made the export
prose     a cookie policy as text
reading   which of these a file is
drafted   the draft as YAML

Nothing is invented: what a document does not say stays out of the draft, and what it says in two ways, or in words
nobody can turn into a value, is listed beside it.
"""

from consent.declarations.draft import Draft, Question, Row
from consent.declarations.drafted import to_yaml
from consent.declarations.reading import read_declarations

__all__ = ["Draft", "Question", "Row", "read_declarations", "to_yaml"]
