"""Reads Bicep files with two parsers: tree-sitter's grammar, and the one that checkov reads with.

Prints, for each file, the lines that the grammar refuses, and the resources that checkov will see.
"""

import json
import sys

import tree_sitter_bicep
from pycep import BicepParser
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_bicep.language()))


def faults(node):
    """Lines of whatever does not fit the grammar."""
    if node.type == "ERROR" or node.is_missing:
        yield node.start_point[0] + 1
    for child in node.children:
        yield from faults(child)


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    tree = parser.parse(text.encode())
    bicep = BicepParser().parse(text=text)
    return {
        "path": path,
        "faults": sorted(set(faults(tree.root_node))),
        "resources": sorted(bicep.get("resources", {})),
        "modules": sorted(bicep.get("modules", {})),
    }


print(json.dumps([read(path) for path in sys.argv[1:]]))
