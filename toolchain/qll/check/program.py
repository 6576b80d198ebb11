"""Checking a program: from the parsed files to the typed tree.

`check` goes through the phases: declare everything, resolve the types in declarations, check bodies
and initialisers (and the instances of templates that they ask for), then find what is reachable and
what can be in the image.
"""

from toolchain.qll import tree
from toolchain.qll.check.constant import Constants
from toolchain.qll.check.expressions import EXPRESSIONS
from toolchain.qll.check.image import Readers, place_images, words_of
from toolchain.qll.check.infer import Bindings, match
from toolchain.qll.check.literals import LITERALS
from toolchain.qll.check.names import (
    Block,
    FunctionTemplate,
    Inner,
    Namespace,
    Reporter,
    TypeTemplate,
    find_namespace,
    guess,
)
from toolchain.qll.check.operators import OPERATORS
from toolchain.qll.check.resolve import Environment, Resolver
from toolchain.qll.check.scope import Body, Rules, Scope
from toolchain.qll.check.statements import STATEMENTS, check_function
from toolchain.qll.errors import QllError, QllWarning
from toolchain.qll.syntax import nodes
from toolchain.qll.text import Text
from toolchain.qll.tree import Expression, Function, Global, Local
from toolchain.qll.types import UNKNOWN, VOID, FunctionType, Named, Type, Variable, equal, show

__all__ = ["MAX_INSTANCES", "Checker", "check"]

MAX_INSTANCES = 10
"""How many new instances of function templates may be made within each other."""

RULES = Rules(expression=LITERALS | OPERATORS | EXPRESSIONS, statement=STATEMENTS)


class _Instance:
    """An instance of a function template whose body waits to be checked."""

    def __init__(self, function: Function, template: FunctionTemplate, env: Environment,
                 depth: int, chain: tuple[str, ...]):
        self.function = function
        self.template = template
        self.env = env
        self.depth = depth
        self.chain = chain


class Checker:
    """One compilation.

    Parameters
    ----------
    text : Text
        All sources.
    warns_unused : bool
        Look for variables that are never used.
    """

    def __init__(self, text: Text, warns_unused: bool = False):
        self.text = text
        self.report = Reporter(text)
        self.types = Resolver(self.report)
        self.types.postponed = []
        self.constants = Constants(self)
        self.types.length = self.constants.length
        self.warns_unused = warns_unused
        self.root = Namespace("global", None)
        self.root_block = Block(self.root, None)
        self.globals: dict[Global, tuple[nodes.Global, Block]] = {}
        self.typed: dict[Global, bool] = {}  # whether that is done, once it was begun
        self.functions: dict[Function, tuple[nodes.Function, Block]] = {}
        self.usings: list[tuple[nodes.Using, Block]] = []
        self.blocks: list[tuple[nodes.Namespace, Block]] = []
        self.forward: list[tuple[Function, nodes.Function, Block]] = []
        self.labels: set[str] = set()
        self.waiting: list[_Instance] = []
        self.instances: list[Function] = []
        self.initialiser_mentions: dict[Global, dict[Function, int]] = {}
        self.readers: Readers = {}
        self.plain: set[Global] = set()

    def program(self, files: list[nodes.File]) -> tree.Program:
        """Check the whole program; the result is sound only if there were no errors."""
        self.declarations(files)
        self.bodies()
        program = tree.Program(self.text)
        program.globals = list(self.globals)
        if not self.report.errors:
            place_images(program, self.plain, self.readers, self.initialiser_mentions)
            self.reach(program)
        return program

    # --- declarations ----------------------------------------------------------------------------

    def declarations(self, files: list[nodes.File]) -> None:
        """Phases 1 and 2: what there is, and the types of it."""
        self.report.lost = frozenset(name for file in files for name in file.lost)
        for file in files:
            self.declare(file.declarations, self.root_block)
            for node, operand in file.mixtures:
                self.warn_of_mixture(node, operand)
        self.open_namespaces()
        self.signatures()

    def declare(self, declarations: list[nodes.Declaration], block: Block) -> None:
        """Enter declarations into the namespace of a block."""
        for node in declarations:
            if isinstance(node, nodes.Function):
                self.declare_function(node, block)
            elif isinstance(node, nodes.Global):
                self.declare_global(node, block)
            elif isinstance(node, nodes.TypeDecl):
                self.declare_type(node, block)
            elif isinstance(node, nodes.Using):
                self.usings.append((node, block))
            elif isinstance(node, nodes.Namespace):
                inner = block
                for part in node.name.split("::"):
                    inner = Block(inner.namespace.open(part), inner)
                self.blocks.append((node, inner))
                self.declare(node.declarations, inner)

    def warn_of_mixture(self, node: nodes.Binary, operand: nodes.Binary) -> None:
        """Warn of an operator beside another one that one may think to come first."""
        self.report.warn("precedence", f"'{operand.operator}' beside '{node.operator}' needs "
                         "parentheses to be clear", node.at, node.at + len(node.operator),
                         (f"as it stands '{operand.operator}' comes first",))

    def duplicate(self, name: str, pos: int, earlier: int) -> None:
        where = self.report.declared(earlier) or ("it is predeclared",)
        self.report.error("duplicate-declaration", f"duplicate declaration of '{name}'",
                          pos, pos + len(name), where)

    def distinct(self, names: list[tuple[str, int]], what: str) -> None:
        seen = set()
        for name, pos in names:
            if name in seen:
                self.report.error("duplicate-parameter", f"duplicate {what} '{name}'",
                                  pos, pos + len(name))
            seen.add(name)

    def declare_type(self, node: nodes.TypeDecl, block: Block) -> None:
        namespace = block.namespace
        label = f"{namespace.label}::{node.name}"
        known = namespace.types.get(node.name)
        if known is not None:
            self.duplicate(node.name, node.name_pos, known.pos)
            return
        entity: TypeTemplate | Named
        if node.parameters:
            self.distinct(node.parameters, "type parameter")
            entity = TypeTemplate(node, label, block)
        else:
            entity = Named(node.name, label, node.name_pos)
            self.types.declare(entity, node, block)
        namespace.types[node.name] = entity
        self.report.use(node.name_pos, entity)

    def declare_global(self, node: nodes.Global, block: Block) -> None:
        namespace = block.namespace
        label = f"{namespace.label}::{node.name}"
        glob = Global(node.name, label, UNKNOWN, node.name_pos)
        glob.extern = "extern" in node.tags
        glob.constant = "constant" in node.tags
        known = namespace.values.get(node.name)
        if known is not None:
            self.duplicate(node.name, node.name_pos, known.pos)
        elif label == "global::_init":
            self.clash_with_init(node)
        else:
            namespace.values[node.name] = glob
        self.globals[glob] = (node, block)
        self.report.use(node.name_pos, glob)
        if node.initialiser is None and not glob.extern:
            self.report.error("global-without-initialiser",
                              f"global '{node.name}' without initialiser must be marked .extern",
                              node.name_pos, node.name_pos + len(node.name))

    def clash_with_init(self, node: nodes.Global | nodes.Function) -> None:
        self.report.error("duplicate-declaration", "duplicate declaration of 'global::_init'",
                          node.name_pos, node.name_pos + len(node.name),
                          ("the compiler makes the function that initialises globals",))

    def declare_function(self, node: nodes.Function, block: Block) -> None:
        namespace = block.namespace
        label = f"{namespace.label}::{node.name}"
        known = namespace.values.get(node.name)
        if node.type_parameters:
            self.distinct(node.type_parameters, "type parameter")
        self.distinct([(part.name, part.pos) for part in node.parameters], "parameter")
        if label == "global::_init":
            self.clash_with_init(node)
            return
        if node.type_parameters:
            if known is not None:
                self.duplicate(node.name, node.name_pos, known.pos)
            else:
                template = namespace.values[node.name] = FunctionTemplate(node, label, block)
                self.report.use(node.name_pos, template)
            return
        if isinstance(known, Function):
            earlier, earlier_block = self.functions[known]
            self.report.use(node.name_pos, known)
            if node.body is None:
                self.forward.append((known, node, block))
                return
            if earlier.body is None:  # the definition takes the place of the declaration
                self.forward.append((known, earlier, earlier_block))
                del self.functions[known]
                self.functions[known] = (node, block)
                known.pos = node.name_pos
                return
        if known is not None:
            self.duplicate(node.name, node.name_pos, known.pos)
            function = Function(node.name, label, node.name_pos)  # check it all the same
        else:
            function = namespace.values[node.name] = Function(node.name, label, node.name_pos)
        self.functions[function] = (node, block)
        self.report.use(node.name_pos, function)

    def open_namespaces(self) -> None:
        """Find the namespaces that `using` names."""
        for node, block in self.usings:
            found = find_namespace(block.namespace, node.name)
            if found is None:
                self.report.error("unknown-namespace",
                                  f"unknown namespace identifier '{node.name}'", node.pos,
                                  node.end, guess(node.name, list(_all_namespaces(self.root))))
            elif found in block.usings:
                self.report.error("duplicate-using",
                                  f"duplicate using declaration of '{found.label}'",
                                  node.pos, node.end)
            else:
                block.usings.append(found)

    # --- types of declarations -------------------------------------------------------------------

    def signatures(self) -> None:
        """Phase 2: the types of globals and functions."""
        for glob in self.globals:
            self.settle(glob)
        for function, (node, block) in self.functions.items():
            self.signature(function, node, block, None)
            self.labels.add(function.label)
        forward = []
        for function, node, block in self.forward:
            other = Function(function.name, function.label, node.name_pos)
            self.signature(other, node, block, None)
            function.exported = function.exported or other.exported
            function.interrupt = function.interrupt or other.interrupt
            forward.append((function, other))
        self.types.finish()
        for function, other in forward:
            if not equal(function.type, other.type):
                self.report.error(
                    "duplicate-declaration", f"duplicate declaration of '{function.name}' "
                    f"with another signature: expected {function.type}, actual {other.type}",
                    other.pos, other.pos + len(other.name), self.report.declared(function.pos))
        for glob, (declaration, _) in self.globals.items():
            if self.types.reject_large(glob.type, declaration.name_pos,
                                       declaration.name_pos + len(glob.name),
                                       f"global '{glob.name}'"):
                glob.type = UNKNOWN
        for function, (node, _) in self.functions.items():
            self.inspect(function, node)

    def settle(self, glob: Global) -> bool:
        """Resolve the type of a global, unless that was done; False if it is being done."""
        if glob not in self.typed:
            self.typed[glob] = False
            declaration, block = self.globals[glob]
            glob.type = self.types.resolve(declaration.type, block, None)
            self.types.reject_void(glob.type, declaration.type, f"global '{glob.name}'")
            self.typed[glob] = True
        return self.typed[glob]

    def signature(self, function: Function, node: nodes.Function, block: Block,
                  env: Environment | None) -> None:
        """Resolve a function's parameters and result."""
        for index, part in enumerate(node.parameters):
            kind = self.types.resolve(part.type, block, env)
            self.types.reject_void(kind, part.type, f"parameter '{part.name}'")
            local = Local(part.name, kind, index, part.pos, True)
            function.parameters.append(local)
            self.report.use(part.pos, local)
        function.result = self.types.resolve(node.result, block, env)
        function.type = FunctionType(tuple(local.type for local in function.parameters),
                                     function.result)
        function.exported = "export" in node.tags
        function.interrupt = "interrupt" in node.tags

    def inspect(self, function: Function, node: nodes.Function) -> None:
        """Checks of a signature that need all names resolved."""
        if function.interrupt and (function.parameters or function.result.base is not VOID):
            self.report.error("interrupt-signature",
                              f"interrupt expected to be () => void, actual {function.type}",
                              node.name_pos, node.name_pos + len(node.name))
        for local, part in zip(function.parameters, node.parameters, strict=True):
            if self.types.reject_large(local.type, part.pos, part.end, "parameter"):
                local.type = UNKNOWN
        if self.types.reject_large(function.result, node.result.pos, node.result.end, "result"):
            function.result = UNKNOWN

    # --- bodies ----------------------------------------------------------------------------------

    def bodies(self, begin: int = 0, end: int | None = None) -> None:
        """Phase 3: initialisers and bodies, and all instances that come up; if asked only of what
        is declared between two positions."""
        if end is None:
            end = self.text.end
        for glob, (declaration, block) in self.globals.items():
            if declaration.initialiser is None or not begin <= declaration.pos < end:
                continue
            scope = self.scope(block, None)
            value = scope.converted(declaration.initialiser, glob.type)
            if glob.extern:
                if not isinstance(value, (tree.Const, tree.NullSlice, tree.VoidValue)):
                    self.report.error("extern-initialiser",
                                      f"global '{glob.name}' is defined elsewhere (.extern) "
                                      "and cannot be initialised here",
                                      declaration.initialiser.pos, declaration.initialiser.end)
                continue
            word = self.constants.value(glob)
            if word is not None:
                value = tree.Const(value.pos, value.type, word)
                self.plain.add(glob)
            elif _is_plain(declaration.initialiser) and words_of(value) is not None:
                self.plain.add(glob)
            glob.initialiser = value
            self.readers[glob] = (scope.globals, scope.indirect)
            self.initialiser_mentions[glob] = scope.mentions
            self.check_instances()
        for function, (node, block) in self.functions.items():
            if node.body is not None and begin <= node.pos < end:
                self.check_body(function, node, block)
                self.check_instances()

    def sketch(self, template: FunctionTemplate) -> None:
        """Look up the names in a function template that has no instance, as far as they do not
        depend on its type parameters; reports nothing."""
        declaration, block = template.declaration, template.block
        env: Environment = dict.fromkeys(template.parameters, UNKNOWN)
        function = Function(template.name, template.label, template.pos)
        self.report.muted += 1
        self.signature(function, declaration, block, env)
        self.check_body(function, declaration, block, env)
        self.report.muted -= 1

    def scope(self, block: Block, env: Environment | None) -> Scope:
        """Where an initialiser, or a constant, in a block is checked."""
        inner = block if isinstance(block, Inner) else Inner(block, [])
        return Scope(RULES, self, inner, env)

    def check_body(self, function: Function, node: nodes.Function, block: Block,
                   env: Environment | None = None, depth: int = 0) -> None:
        body = Body(RULES, self, Inner(block, []), env, depth, function=function)
        check_function(body, node)
        self.readers[function] = (body.globals, body.indirect)

    def check_instances(self) -> None:
        """Check the instances that were made, and those made on the way."""
        while self.waiting:
            instance = self.waiting.pop()
            self.report.chain = instance.chain
            template = instance.template
            self.check_body(instance.function, template.declaration, template.block,
                            instance.env, instance.depth)
            self.report.chain = ()

    # --- templates -------------------------------------------------------------------------------

    def instance(self, template: FunctionTemplate, arguments: list[Type], node: nodes.Node,
                 user: Scope) -> Function | None:
        """The instance of a template for type arguments; made, and its body put on the list of
        those to check, if it is new. None after an error."""
        if len(arguments) != len(template.parameters):
            self.report.error(
                "template-arity", f"expected {len(template.parameters)} type arguments for "
                f"'{template.name}', actual {len(arguments)}", node.pos, node.end,
                self.report.declared(template.pos))
            return None
        if UNKNOWN in arguments:
            return None
        known = template.instances.find(arguments)
        if known is not None:
            return known
        if user.depth >= MAX_INSTANCES:
            self.report.error("instantiation-depth",
                              f"too many instantiations within each other: '{template.name}'",
                              node.pos, node.end)
            return None
        shown = ",".join(show(kind, True) for kind in arguments)
        function = Function(template.name, self.unique(f"{template.label}<{shown}>"),
                            template.pos)
        function.is_instance = True
        template.instances.add(arguments, function)
        env = dict(zip(template.parameters, arguments, strict=True))
        span = self.text.span(node.pos)
        names = ", ".join(map(str, arguments))
        outer = self.report.chain
        chain = (f"in the instance {template.name}<{names}>, made at {span}", *outer)
        self.report.chain = chain
        self.signature(function, template.declaration, template.block, env)
        self.inspect(function, template.declaration)
        self.report.chain = outer
        self.instances.append(function)
        self.waiting.append(_Instance(function, template, env, user.depth + 1, chain))
        return function

    def unique(self, label: str) -> str:
        """A label that no other function has; long ones are cut."""
        label = label.replace("`", "")
        if len(label) > 400:
            label = label[:400] + "..."
        wanted, number = label, 1
        while label in self.labels:
            number += 1
            label = f"{wanted}#{number}"
        self.labels.add(label)
        return label

    def inferred(self, template: FunctionTemplate, given: list[Expression], context: Type | None,
                 node: nodes.Call, user: Scope) -> Function | None:
        """The instance for a call without type arguments; None after an error."""
        if template.pattern is None:
            fresh = [Variable(name) for name in template.parameters]
            env: Environment = dict(zip(template.parameters, fresh, strict=True))
            self.report.muted += 1
            declaration = template.declaration
            template.pattern = (
                [self.types.resolve(part.type, template.block, env)
                 for part in declaration.parameters],
                self.types.resolve(declaration.result, template.block, env),
                fresh)
            self.report.muted -= 1
        parameters, result, variables = template.pattern
        bindings: Bindings = {}
        where = self.report.declared(template.pos)
        if context is not None and context is not UNKNOWN \
                and not match(result, context, bindings):
            self.report.error("inference-failed", f"unable to infer type arguments of "
                              f"'{template.name}': its result is {result}, "
                              f"expected {context}", node.pos, node.end, where)
            return None
        for number, (pattern, argument) in enumerate(zip(parameters, given, strict=True), 1):
            if not match(pattern, argument.type, bindings):
                bound = ", ".join(f"{variable} = {kind}" for variable, kind in bindings.items())
                self.report.error(
                    "inference-failed", f"unable to infer type arguments of '{template.name}': "
                    f"argument {number} is expected to be {pattern}, actual {argument.type}",
                    node.arguments[number - 1].pos, node.arguments[number - 1].end,
                    (*((f"so far: {bound}",) if bound else ()), *where))
                return None
        arguments = []
        for variable in variables:
            kind = bindings.get(variable)
            if kind is None:
                self.report.error(
                    "inference-failed", f"unable to infer type argument {variable} of "
                    f"'{template.name}'", node.pos, node.end,
                    (f"give it: {template.name}<...>(...)", *where))
                return None
            arguments.append(kind)
        return self.instance(template, arguments, node, user)

    # --- reachability ----------------------------------------------------------------------------

    def reach(self, program: tree.Program) -> None:
        """Sort functions into those to emit, those in assembly, and the rest."""
        bodies = [function for function, (node, _) in self.functions.items()
                  if node.body is not None]
        everything = [*bodies, *self.instances]
        reached: dict[Function, None] = {}
        waiting = [function for function in self.functions
                   if function.exported or function.label == "global::main"]
        for mentions in self.initialiser_mentions.values():
            waiting.extend(mentions)
        while waiting:
            function = waiting.pop()
            if function not in reached:
                reached[function] = None
                waiting.extend(function.mentions)
        program.functions = [function for function in everything if function in reached]
        program.unreachable = [function for function in everything if function not in reached]
        program.externals = [function for function, (node, _) in self.functions.items()
                             if node.body is None and function in reached]


def _is_plain(node: nodes.Expression) -> bool:
    """Whether an initialiser is a constant (docs/qll.md, "Globals") if the casts in it
    change nothing."""
    while isinstance(node, nodes.Cast):
        node = node.operand
    return isinstance(node, (nodes.Int, nodes.Float, nodes.Bool, nodes.Null, nodes.Void,
                             nodes.Sizeof, nodes.Char, nodes.String))


def _all_namespaces(root: Namespace) -> dict[str, None]:
    found: dict[str, None] = {}
    waiting = [root]
    while waiting:
        for inner in waiting.pop().namespaces.values():
            found[inner.label.removeprefix("global::")] = None
            waiting.append(inner)
    return found


def check(text: Text, files: list[nodes.File], warns_unused: bool = False) \
        -> tuple[tree.Program, list[QllError], list[QllWarning]]:
    """Check parsed files as one program.

    Returns
    -------
    tuple
        The typed program, the errors and the warnings, both in order of position. The program is
        only good for anything if there are no errors.
    """
    checker = Checker(text, warns_unused)
    program = checker.program(files)
    return program, checker.report.errors, checker.report.warnings
