"""What a field means, for its JSON Schema: the docstring below it in the model's source."""

import ast
import inspect
import sys
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema


class Documented(GenerateJsonSchema):
    """Describes each field by its docstring.

    pydantic's own `use_attribute_docstrings` reads the sources of all models whenever they are loaded, which is a sixth of
    the time that a service takes to start; only those who write schemas need it.
    """

    def model_schema(self, schema: Any) -> dict[str, Any]:
        made = super().model_schema(schema)
        model, properties = schema["cls"], made.get("properties", {})
        for name, text in docstrings(model).items():
            field = model.model_fields.get(name)
            if field is not None and field.description is None:
                properties[field.alias or name].setdefault("description", text)
        return made


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each attribute that has one, those of base classes included."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= _own(each)
    return found


@cache
def _own(model: type[BaseModel]) -> dict[str, str]:
    definition = _definitions(model.__module__)[model.__qualname__]
    pairs = zip(definition.body, definition.body[1:], strict=False)
    return {
        one.target.id: inspect.cleandoc(after.value.value)
        for one, after in pairs
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


@cache
def _definitions(module: str) -> dict[str, ast.ClassDef]:
    """The classes of a module by name. `inspect.getsource` of a class would parse the whole module for each of them."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
